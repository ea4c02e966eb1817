#include "resolver/server_choice.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace sluice {

namespace {

using policy::CircuitBreaker;
using policy::FailureCause;

/// Only a lost datagram and a lost connection may mend by themselves: a server that has answered
/// has said what it had to say, and TCP sends again what is lost.
unsigned max_sends(const InFlight& question) noexcept {
  const bool may_repeat =
      question.tries == 0 ||
      question.cause ==
          (question.transport == Transport::udp ? FailureCause::timeout : FailureCause::network);
  return may_repeat ? kMaxSendsPerServer : 1;
}

bool may_ask(const Path& path, const Rule& rule, TimePoint now) noexcept {
  if (!path.breaker.is_open() || rule.is_silent) return path.breaker.may_ask(now);
  return now >= path.breaker.next_probe() + (kProbeBesideOthers - CircuitBreaker::kProbeInterval);
}

std::size_t better(const Rule& rule, std::size_t a, std::size_t b) noexcept {
  const auto rank = [&](std::size_t i) {
    return std::tuple{rule.paths[i].failures_in_row, rule.paths[i].rtt.srtt(), i};
  };
  return rank(a) <= rank(b) ? a : b;
}

}  // namespace

std::optional<std::uint8_t> choose_server(const InFlight& question, const Rule& rule, TimePoint now,
                                          Random& random) {
  std::array<std::size_t, kMaxServersPerUpstream> candidates;
  std::size_t count = 0;
  unsigned least = max_sends(question);
  for (std::size_t i = 0; i < rule.paths.size(); ++i) {
    if (question.sends[i] >= max_sends(question) || !may_ask(rule.paths[i], rule, now)) continue;
    if (question.sends[i] > least) continue;
    if (question.sends[i] < least) count = 0;
    least = question.sends[i];
    candidates[count++] = i;
  }
  if (count == 0) return std::nullopt;
  if (question.tries == 0 && !rule.is_silent)
    for (std::size_t i = 0; i < count; ++i)  // the one whose probe is due
      if (rule.paths[candidates[i]].breaker.is_open())
        return static_cast<std::uint8_t>(candidates[i]);
  const std::size_t first = random.below(count);
  std::size_t chosen = candidates[first];
  if (count > 1 && random.below(kExploreOneIn) != 0) {
    const std::size_t second = (first + 1 + random.below(count - 1)) % count;
    chosen = better(rule, chosen, candidates[second]);
  }
  return static_cast<std::uint8_t>(chosen);
}

bool waits_for_recovery(const InFlight& question, const Rule& rule) noexcept {
  for (std::size_t i = 0; i < rule.paths.size(); ++i)
    if (rule.paths[i].breaker.is_open() && question.sends[i] < max_sends(question)) return true;
  return false;
}

bool is_probe_due(const Rule& rule, TimePoint now) noexcept { return next_probe(rule) <= now; }

TimePoint next_probe(const Rule& rule) noexcept {
  TimePoint next = kNever;
  for (const Path& path : rule.paths)
    if (path.breaker.is_open()) next = std::min(next, path.breaker.next_probe());
  return next;
}

}  // namespace sluice
