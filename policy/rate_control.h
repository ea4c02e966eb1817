#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// How much of its configured rate one interface may use, by what the network says it dropped: the
/// ENA driver's counter `linklocal_allowance_exceeded`, read about once a second.
///
/// Multiplicative decrease, additive increase (Chiu and Jain, 1989), so that senders who cannot
/// see each other come to share an allowance. A counter that moved cuts the share to 7/10, at
/// most once every kHold, because one burst may show in two readings, and never below kFloor.
/// After kHold and while the counter stands still, kStep of the full rate comes back each second.
///
/// The first reading is where counting begins. A counter that went backwards (a driver's reset)
/// or is absent is no evidence of drops: counting begins anew.
///
/// Thread-confined; a plain value. `now` never goes backwards.
class RateControl {
 public:
  using Permille = std::uint32_t;

  static constexpr Permille kFull = 1000;
  static constexpr Permille kFloor = 100;
  static constexpr Permille kCutTo = 700;  ///< of the share before
  static constexpr Permille kStep = 30;    ///< of the full rate, each second
  static constexpr Duration kHold = std::chrono::seconds{2};

  /// Takes a reading of the counter, nullopt if there is none, and returns the share from now on.
  Permille on_reading(std::optional<std::uint64_t> dropped_total, TimePoint now) noexcept;

  [[nodiscard]] Permille permille() const noexcept { return share_; }
  /// Times drops called for a cut, at the floor, too.
  [[nodiscard]] std::uint64_t cuts() const noexcept { return cuts_; }
  /// All increases of the counter that were seen.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  [[nodiscard]] std::uint64_t increase_to(std::optional<std::uint64_t> dropped_total) noexcept;
  void cut(TimePoint now) noexcept;
  void recover(TimePoint now) noexcept;

  Permille share_ = kFull;
  std::optional<std::uint64_t> last_total_;
  TimePoint hold_ends_{};
  TimePoint recovered_until_{};  // the time up to which recovery is in share_
  std::uint64_t cuts_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace sluice::policy
