#include "policy/verdict.h"

namespace sluice::policy {

namespace {

/// Less than so many of something in a window is no evidence.
constexpr std::uint64_t kEnough = 10;
/// Sockets that could not be had: a few come of bad luck with random ports.
constexpr std::uint64_t kEnoughPorts = 3;
/// Of tries, so many that had to wait mean that the budget is what limits.
constexpr double kWaiting = 0.1;
constexpr Duration kLongWait = 200ms;
/// Of responses, so many errors mean that the upstream fails; of tries, so many without an answer
/// in time, or of responses, so many slow ones, that it is slow.
constexpr double kFailing = 0.2;
constexpr double kUnanswered = 0.1;
constexpr double kTardy = 0.3;
/// So many repetitions for each distinct question are a storm, if there are enough of them.
constexpr double kRepetitions = 1;
constexpr std::uint64_t kEnoughRepetitions = 100;

bool is_part(std::uint64_t part, double share, std::uint64_t whole) noexcept {
  return static_cast<double>(part) >= share * static_cast<double>(whole);
}

bool is_silent(const Signals& s) noexcept {
  if (s.tries > 0 && s.silent == s.paths) return true;
  return s.responses() == 0 && s.timeouts + s.refusals >= kEnough;
}

bool is_budget_limited(const Signals& s) noexcept {
  if (!s.has_budget) return false;
  return s.sheds > 0 || s.oldest_wait >= kLongWait ||
         (s.waits >= kEnough && is_part(s.waits, kWaiting, s.tries));
}

bool is_slow(const Signals& s) noexcept {
  if (s.timeouts >= kEnough && is_part(s.timeouts, kUnanswered, s.tries)) return true;
  return s.slow >= kEnough && is_part(s.slow, kTardy, s.responses());
}

bool is_storm(const Signals& s) noexcept {
  const std::uint64_t repetitions = s.retransmits + s.repeated;
  return repetitions >= kEnoughRepetitions && is_part(repetitions, kRepetitions, s.questions);
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ports_exhausted:
      return "ports_exhausted";
    case Verdict::interface_limited:
      return "interface_limited";
    case Verdict::upstream_silent:
      return "upstream_silent";
    case Verdict::budget_limited:
      return "budget_limited";
    case Verdict::upstream_failing:
      return "upstream_failing";
    case Verdict::upstream_slow:
      return "upstream_slow";
    case Verdict::client_storm:
      return "client_storm";
    case Verdict::healthy:
    case Verdict::count_:
      break;
  }
  return "healthy";
}

Verdicts judge(const Signals& s) noexcept {
  Verdicts verdicts;
  const auto set = [&](Verdict verdict, bool holds) {
    verdicts[static_cast<std::size_t>(verdict)] = holds;
  };
  const bool silent = is_silent(s);
  set(Verdict::ports_exhausted, s.no_socket >= kEnoughPorts);
  set(Verdict::interface_limited, s.dropped > 0);
  set(Verdict::upstream_silent, silent);
  set(Verdict::budget_limited, is_budget_limited(s));
  set(Verdict::upstream_failing, s.errors >= kEnough && is_part(s.errors, kFailing, s.responses()));
  set(Verdict::upstream_slow, !silent && is_slow(s));
  set(Verdict::client_storm, is_storm(s));
  set(Verdict::healthy, verdicts.none());
  return verdicts;
}

Verdict worst(const Verdicts& verdicts) noexcept {
  for (std::size_t i = 0; i < kVerdicts; ++i)
    if (verdicts[i]) return static_cast<Verdict>(i);
  return Verdict::healthy;
}

bool SteadyVerdict::update(Verdict latest, TimePoint now) noexcept {
  if (latest == verdict_) {
    candidate_since_ = kNever;
    return false;
  }
  const bool was_worse = candidate_ < verdict_;
  const bool is_worse = latest < verdict_;
  // On the way up or down it may pass through others: only the direction must last.
  if (candidate_since_ == kNever || was_worse != is_worse) candidate_since_ = now;
  candidate_ = latest;
  if (now - candidate_since_ < (is_worse ? kEnter : kLeave)) return false;
  return set(latest, now);
}

bool SteadyVerdict::set(Verdict verdict, TimePoint now) noexcept {
  candidate_since_ = kNever;
  if (verdict == verdict_) return false;
  verdict_ = verdict;
  since_ = now;
  return true;
}

}  // namespace sluice::policy
