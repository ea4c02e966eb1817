#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/random.h"
#include "tests/lab/packet_window.h"
#include "tests/scenario/fleet/lookup_name.h"

namespace sluice::fleet {

/// What the cloud's resolver says to a query.
struct VpcAnswer {
  Duration delay{};
  bool is_success = false;  ///< else SERVFAIL
  std::uint32_t ttl_seconds = 0;
};

/// One network interface and the cloud's resolver behind it: at most kLimit packets in any second
/// pass, the others vanish. Ordinary names are answered in 2 ms, with TTLs of 60 to 300 s; of the
/// addresses in 104.16.0.0/12 one in ten has a name, for the others there is SERVFAIL, and either
/// takes 1 to 3 s.
class VpcInterface {
 public:
  static constexpr std::uint32_t kLimit = 1'024;
  static constexpr std::uint32_t kAddressesPerName = 10;

  /// Packets are counted from `since` until `until`.
  VpcInterface(Random random, TimePoint since, TimePoint until)
      : random_{random}, since_{since}, until_{until} {}

  /// A query leaves through the interface; nullopt if it vanishes.
  [[nodiscard]] std::optional<VpcAnswer> send(LookupName name, TimePoint now);

  [[nodiscard]] static bool has_name(LookupName name) noexcept;

  [[nodiscard]] std::uint64_t packets() const noexcept { return sent_ns_.size(); }
  [[nodiscard]] std::uint64_t drops() const noexcept { return drops_; }
  /// The most packets sent in any second, those that vanished among them.
  [[nodiscard]] std::uint64_t worst_second() const noexcept;

 private:
  lab::SlidingLimit limit_{kLimit};
  Random random_;
  TimePoint since_;
  TimePoint until_;
  std::vector<std::int64_t> sent_ns_;
  std::uint64_t drops_ = 0;
};

}  // namespace sluice::fleet
