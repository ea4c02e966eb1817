#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "resolver/recording.h"

namespace sluice {

/// The engine's last events in a ring of bytes: what happened before something went wrong, without
/// a line of log for it. Copies, and formats nothing: that is for whoever reads a Recording.
///
/// Thread-confined to the engine's. Allocates its ring once; pages that no event needs stay
/// untouched. Bound: `max_bytes`; then the oldest events are overwritten, and counted.
class FlightRecorder {
 public:
  /// Octets of a message that are kept: most responses whole, of a long one its beginning.
  static constexpr std::size_t kSnapLength = 512;
  /// Less than this holds too little to be of use: it is off.
  static constexpr std::size_t kMinBytes = 4'096;

  /// 0 = off: nothing is kept.
  explicit FlightRecorder(std::size_t max_bytes);

  [[nodiscard]] bool is_on() const noexcept { return capacity_ > 0; }

  void record(const EventFacts& facts, const dns::Question& question,
              std::span<const std::byte> message = {}) noexcept;

  /// Everything that is there. Allocates; at most `max_bytes` are copied.
  [[nodiscard]] Recording copy(TimePoint now) const;

  /// Events since the start, and how many of them are gone.
  [[nodiscard]] std::uint64_t recorded() const noexcept { return recorded_; }
  [[nodiscard]] std::uint64_t overwritten() const noexcept { return overwritten_; }

 private:
  [[nodiscard]] std::byte* make_room(std::size_t size) noexcept;
  void drop_oldest() noexcept;

  // Events lie in [head_, tail_), or, once the ring has come round, in [head_, end_) and [0,
  // tail_).
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> ring_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t end_ = 0;
  bool is_round_ = false;
  std::uint64_t recorded_ = 0;
  std::uint64_t overwritten_ = 0;
};

}  // namespace sluice
