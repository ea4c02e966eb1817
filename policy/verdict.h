#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// What ails name resolution: whose trouble it is. In the order in which one is named before
/// another when several hold: what is nearer to us, and so to be mended first, comes first.
enum class Verdict : std::uint8_t {
  ports_exhausted,    ///< we have no socket or port left to ask with
  interface_limited,  ///< the network drops the interface's packets, by its own count
  upstream_silent,    ///< nothing answers
  budget_limited,     ///< questions wait for packets, or are shed
  upstream_failing,   ///< it answers, mostly with errors
  upstream_slow,      ///< it answers late, or not to every query
  client_storm,       ///< clients ask the same again and again
  healthy,
  count_,
};

inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(Verdict::count_);

/// "budget_limited": for metrics, logs and the control tool.
[[nodiscard]] std::string_view name_of(Verdict verdict) noexcept;

/// What happened on the way to one upstream within a window of time.
struct Signals {
  std::uint64_t tries = 0;     ///< exchanges started
  std::uint64_t answers = 0;   ///< usable responses, late ones, too
  std::uint64_t errors = 0;    ///< SERVFAIL, REFUSED, malformed
  std::uint64_t refusals = 0;  ///< ICMP, closed connections
  std::uint64_t timeouts = 0;
  std::uint64_t no_socket = 0;
  std::uint64_t slow = 0;    ///< responses that took longer than kSlow
  std::uint32_t paths = 0;   ///< pairs of server and rule that have ever been asked
  std::uint32_t silent = 0;  ///< of these, the ones whose breaker is open

  std::uint64_t questions = 0;    ///< of clients, distinct ones
  std::uint64_t retransmits = 0;  ///< absorbed
  std::uint64_t repeated = 0;     ///< answered from the failure cache

  bool has_budget = false;
  std::uint64_t waits = 0;    ///< questions that found no packet
  std::uint64_t sheds = 0;    ///< of these, those that never got one
  std::uint64_t dropped = 0;  ///< packets, by the interface's link-local counter
  std::uint64_t used = 0;     ///< packets of all sharers in the last second
  std::uint64_t rate = 0;     ///< packets a second that the budget grants now
  Duration oldest_wait{};     ///< of those who wait now

  static constexpr Duration kSlow = 500ms;

  [[nodiscard]] std::uint64_t responses() const noexcept { return answers + errors; }
};

/// Which verdicts hold, by enumerator.
using Verdicts = std::bitset<kVerdicts>;

/// Everything that `signals` are enough evidence of; healthy if nothing else. A handful of failures
/// is no evidence: single names are always broken somewhere.
[[nodiscard]] Verdicts judge(const Signals& signals) noexcept;

/// The one of them to be named.
[[nodiscard]] Verdict worst(const Verdicts& verdicts) noexcept;

/// A verdict that does not flutter: it turns worse when that has been so for kEnter, better when it
/// has been so for kLeave.
///
/// A plain value; `now` never goes backwards.
class SteadyVerdict {
 public:
  static constexpr Duration kEnter = 3s;
  static constexpr Duration kLeave = 10s;

  /// Takes in what judge() says now. True if the verdict has changed.
  bool update(Verdict latest, TimePoint now) noexcept;
  /// Changes at once. True if that is a change.
  bool set(Verdict verdict, TimePoint now) noexcept;

  [[nodiscard]] Verdict verdict() const noexcept { return verdict_; }
  /// When it last changed; TimePoint{} if never.
  [[nodiscard]] TimePoint since() const noexcept { return since_; }

 private:
  Verdict verdict_ = Verdict::healthy;
  TimePoint since_{};
  Verdict candidate_ = Verdict::healthy;  // what it would change to
  TimePoint candidate_since_ = kNever;    // kNever: nothing
};

}  // namespace sluice::policy
