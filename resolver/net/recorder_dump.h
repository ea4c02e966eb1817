#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/recording.h"

namespace sluice::net {

/// Writes recordings to files when something goes wrong, so that they are there when somebody comes
/// to look: `recorder-<time in UTC>.txt`, whose first line says why, and `.pcap` beside it.
///
/// Thread-confined to a thread that may wait for a disk, never the engine's; dumps() is for any.
/// Bounds: one dump in kInterval, more ask in vain; the newest kKept of them are kept, older ones
/// removed. What cannot be written is logged.
class RecorderDump {
 public:
  static constexpr Duration kInterval = std::chrono::minutes{1};
  static constexpr std::size_t kKept = 8;

  explicit RecorderDump(std::string folder) : folder_{std::move(folder)} {}

  /// Whether there were files written. `now` is a time of Clock.
  bool dump(const Recording& recording, std::string_view reason, TimePoint now);

  [[nodiscard]] std::uint64_t dumps() const noexcept { return dumps_; }

 private:
  [[nodiscard]] bool write(const std::string& path, std::string_view contents) const;
  void remove_old() const;

  std::string folder_;
  std::optional<TimePoint> latest_;
  std::atomic<std::uint64_t> dumps_{0};
};

}  // namespace sluice::net
