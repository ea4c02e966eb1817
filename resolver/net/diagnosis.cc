#include "resolver/net/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "resolver/health.h"
#include "resolver/net/evidence.h"

namespace sluice::net {

namespace {

using nlohmann::json;
using policy::Signals;
using policy::Verdict;

constexpr std::size_t kWindow = Health::kWindowSeconds;
constexpr std::size_t kSpendersShown = 5;
constexpr std::size_t kFailingShown = 10;
struct Finding {
  Verdict verdict = Verdict::healthy;
  std::string subject{};
  std::string what{};
  std::vector<std::string> evidence{};
  std::string advice{};
};

/// Looks at one snapshot, and puts it into words.
class Diagnosis {
 public:
  Diagnosis(const EngineSnapshot& snapshot, const Describe& describe)
      : snapshot_{snapshot}, evidence_{snapshot, describe} {}

  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] std::string summary(const std::vector<Finding>& findings) const;

 private:
  using Judged = EngineSnapshot::Judged;

  [[nodiscard]] Finding find(Verdict verdict, const Judged& upstream) const;
  [[nodiscard]] Finding ports(const Judged& upstream) const;
  [[nodiscard]] Finding interface(const Judged& upstream) const;
  [[nodiscard]] Finding silence(const Judged& upstream) const;
  [[nodiscard]] Finding budget(const Judged& upstream) const;
  [[nodiscard]] Finding failures(const Judged& upstream) const;
  [[nodiscard]] Finding slowness(const Judged& upstream) const;
  [[nodiscard]] Finding storm(const Judged& upstream) const;

  static void add(Finding& finding, std::string evidence);
  static void rule_out(Finding& finding, const Signals& signals);

  const EngineSnapshot& snapshot_;
  Evidence evidence_;
};

std::vector<Finding> Diagnosis::findings() const {
  std::vector<Finding> all;
  for (const Judged& upstream : snapshot_.upstreams) {
    if (upstream.verdict == Verdict::healthy) continue;
    policy::Verdicts verdicts = upstream.verdicts;
    verdicts[static_cast<std::size_t>(upstream.verdict)] = true;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Verdict::healthy); ++i) {
      if (!verdicts[i]) continue;
      Finding finding = find(static_cast<Verdict>(i), upstream);
      // Upstreams that share a budget share its trouble.
      const bool is_known = std::any_of(all.begin(), all.end(), [&](const Finding& other) {
        return other.verdict == finding.verdict && other.subject == finding.subject;
      });
      if (!is_known) all.push_back(std::move(finding));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.verdict < b.verdict; });
  return all;
}

Finding Diagnosis::find(Verdict verdict, const Judged& upstream) const {
  switch (verdict) {
    case Verdict::ports_exhausted:
      return ports(upstream);
    case Verdict::interface_limited:
      return interface(upstream);
    case Verdict::upstream_silent:
      return silence(upstream);
    case Verdict::budget_limited:
      return budget(upstream);
    case Verdict::upstream_failing:
      return failures(upstream);
    case Verdict::upstream_slow:
      return slowness(upstream);
    case Verdict::client_storm:
      return storm(upstream);
    case Verdict::healthy:
    case Verdict::count_:
      break;
  }
  return {};
}

Finding Diagnosis::ports(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::ports_exhausted, upstream.upstream};
  finding.what = fmt::format(
      "It is this host: {} queries did not leave in the last {} s, for want of a free port or "
      "descriptor.",
      s.no_socket, kWindow);
  const bool has_few = 2 * snapshot_.exchanges < snapshot_.max_exchanges;
  finding.evidence.push_back(
      fmt::format("Sluice itself holds {} sockets to upstreams, of {} that it "
                  "may{}",
                  snapshot_.exchanges, snapshot_.max_exchanges,
                  has_few ? ": somebody else holds the ports" : ""));
  finding.advice =
      "See who holds the ports (ss -s, ss -uapn). Widen net.ipv4.ip_local_port_range, raise "
      "LimitNOFILE, or lower server.max_exchanges so that questions wait instead of failing.";
  return finding;
}

Finding Diagnosis::interface(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::interface_limited, upstream.budget};
  finding.what = fmt::format(
      "It is the interface: the network has dropped {} packets in the last {} s, by the "
      "interface's "
      "own count of its allowance.",
      s.dropped, kWindow);
  finding.evidence.push_back(
      fmt::format("Sluice and its sharers sent {} packets in the last second, of {} that they may",
                  s.used, s.rate));
  std::uint64_t others = 0;
  for (const EngineSnapshot::Budget& budget : snapshot_.budgets)
    if (budget.name == upstream.budget) others = budget.foreign;
  finding.evidence.push_back(
      others > 0
          ? fmt::format("others on this host have sent {} packets to the same addresses since the "
                        "start, as far as they are counted",
                        others)
          : "no packet of others on this host has been counted (count_others, CAP_NET_RAW)");
  finding.advice =
      "Either others spend the allowance, too: programs that ask the cloud's resolver past Sluice, "
      "the metadata service, time (tcpdump -ni any 'dst net 169.254.0.0/16' shows them). Or the "
      "interface may send less than the budget's limit says: lower that, or raise the reserve. "
      "Sluice has lowered its rate by itself meanwhile.";
  return finding;
}

Finding Diagnosis::silence(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::upstream_silent, upstream.upstream};
  finding.what = fmt::format("It is the upstream: {} ({}) does not answer.", upstream.upstream,
                             evidence_.servers_of(upstream.upstream));
  finding.evidence.push_back(fmt::format(
      "in the last {} s: {} tries sent, {} time-outs, {} responses, {} refused by the network",
      kWindow, s.tries, s.timeouts, s.responses(), s.refusals));
  if (s.silent > 0)
    finding.evidence.push_back(
        fmt::format("{} of {} pairs of server and zone are silent; each is asked once a second, "
                    "and used again with its first answer",
                    s.silent, s.paths));
  rule_out(finding, s);
  finding.advice = fmt::format(
      "Ask a server directly (dig @{} . SOA); if it is silent there, too, look at routes, security "
      "groups and the cloud's status. Names in the cache are answered meanwhile, stale if need be.",
      evidence_.first_server_of(upstream.upstream));
  return finding;
}

Finding Diagnosis::budget(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::budget_limited, upstream.budget};
  finding.what = fmt::format(
      "The packet budget \"{}\" is what limits: in the last {} s {} questions had to wait for a "
      "packet and {} got none.",
      upstream.budget, kWindow, s.waits, s.sheds);
  finding.evidence.push_back(
      fmt::format("budget {}: {} packets in the last second, of {} that may be sent",
                  upstream.budget, s.used, s.rate));
  for (const EngineSnapshot::Budget& budget : snapshot_.budgets)
    if (budget.name == upstream.budget && budget.queue_depth > 0)
      finding.evidence.push_back(fmt::format(
          "{} questions wait now, the oldest for {} ms", budget.queue_depth,
          std::chrono::duration_cast<std::chrono::milliseconds>(budget.queue_oldest).count()));
  add(finding, evidence_.spender_sentence());
  add(finding, evidence_.failing_sentence());
  const std::string who = evidence_.spender_name();
  finding.advice = fmt::format(
      "Let {} ask less: fewer look-ups at once, fewer retries of its own. Names of other zones and "
      "programs go first meanwhile. Raise the budget's limit only if the interface may really send "
      "more.",
      who.empty() ? "whoever asks most" : who);
  return finding;
}

Finding Diagnosis::failures(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::upstream_failing, upstream.upstream};
  finding.what = fmt::format(
      "It is the upstream: {} answers with errors, {} of {} responses in the last {} s.",
      upstream.upstream, s.errors, s.responses(), kWindow);
  add(finding, evidence_.failing_sentence());
  rule_out(finding, s);
  finding.advice =
      snapshot_.failing.empty()
          ? fmt::format(
                "Compare with a direct question (dig @{} NAME); if that fails, too, it is "
                "for whoever runs it.",
                evidence_.first_server_of(upstream.upstream))
          : fmt::format(
                "The servers of {} fail; nothing on this host mends them. Ask whoever runs "
                "that zone, and let {} stop asking for it.",
                snapshot_.failing.front().suffix,
                evidence_.most_failed_name().empty() ? "its clients"
                                                     : evidence_.most_failed_name());
  return finding;
}

Finding Diagnosis::slowness(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::upstream_slow, upstream.upstream};
  finding.what = fmt::format(
      "It is the upstream: {} answers late, {} of {} responses of the last {} s after more than {} "
      "ms.",
      upstream.upstream, s.slow, s.responses(), kWindow,
      std::chrono::duration_cast<std::chrono::milliseconds>(Signals::kSlow).count());
  finding.evidence.push_back(
      fmt::format("{} tries sent and {} time-outs in the same time", s.tries, s.timeouts));
  add(finding, evidence_.zones_sentence(upstream.upstream));
  rule_out(finding, s);
  finding.advice =
      "If all names are slow, look at the way to the servers (packet loss, an overloaded "
      "resolver). "
      "If it is one zone, its own servers are slow: a rule of its own with a low weight keeps it "
      "apart.";
  return finding;
}

Finding Diagnosis::storm(const Judged& upstream) const {
  const Signals& s = upstream.signals;
  Finding finding{Verdict::client_storm, upstream.upstream};
  finding.what = fmt::format(
      "It is the clients: beside {} distinct questions they sent {} retransmits and {} queries for "
      "names that had just failed, in the last {} s.",
      s.questions, s.retransmits, s.repeated, kWindow);
  finding.evidence.push_back(
      fmt::format("none of these cost a packet: {} were sent in the last second, of {} that may be",
                  s.used, s.rate));
  add(finding, evidence_.most_failed_sentence());
  finding.advice =
      "Look at the retry settings of these programs (attempts, time-outs, search lists); a program "
      "that asks again at once after SERVFAIL should wait.";
  return finding;
}

/// Sentences are empty where there is nothing to say.
void Diagnosis::add(Finding& finding, std::string evidence) {
  if (!evidence.empty()) finding.evidence.push_back(std::move(evidence));
}

void Diagnosis::rule_out(Finding& finding, const Signals& s) {
  std::vector<std::string> innocent;
  if (s.has_budget && s.sheds == 0 && s.waits == 0)
    innocent.push_back(fmt::format(
        "the budget ({} of {} packets in the last second, nothing waits)", s.used, s.rate));
  if (s.no_socket == 0) innocent.emplace_back("ports");
  if (s.has_budget && s.dropped == 0)
    innocent.emplace_back("the interface (no packet counted as dropped)");
  if (!innocent.empty())
    finding.evidence.push_back(fmt::format("ruled out: {}", fmt::join(innocent, ", ")));
}

std::string Diagnosis::summary(const std::vector<Finding>& findings) const {
  if (!findings.empty()) {
    const Verdict verdict = findings.front().verdict;
    const bool is_of_failures =
        verdict == Verdict::upstream_failing || verdict == Verdict::client_storm;
    std::string who;
    if (is_of_failures) who = evidence_.most_failed_sentence();
    if (verdict == Verdict::budget_limited) who = evidence_.spender_sentence();
    if (is_of_failures && !who.empty()) who.front() = 'M';
    return findings.front().what + (who.empty() ? "" : " " + who + ".");
  }
  std::uint64_t questions = 0, used = 0, rate = 0;
  for (const Judged& upstream : snapshot_.upstreams) questions += upstream.signals.questions;
  for (const EngineSnapshot::Budget& budget : snapshot_.budgets) {
    used += budget.used;
    rate += budget.rate;
  }
  const std::string packets =
      rate == 0 ? "" : fmt::format("; {} of {} packets were sent in the last second", used, rate);
  return fmt::format("All is well: {} questions went to upstreams in the last {} s{}.", questions,
                     kWindow, packets);
}

/// Null: since the start.
json since(const EngineSnapshot::Judged& judged) {
  return judged.age ? json(in_seconds(*judged.age)) : json(nullptr);
}

json to_json(const Finding& finding) {
  return {{"verdict", policy::name_of(finding.verdict)},
          {"subject", finding.subject},
          {"what", finding.what},
          {"evidence", finding.evidence},
          {"advice", finding.advice}};
}

}  // namespace

json diagnosis_json(const EngineSnapshot& snapshot, const Describe& describe) {
  const Diagnosis diagnosis{snapshot, describe};
  const std::vector<Finding> findings = diagnosis.findings();
  json found = json::array();
  for (const Finding& finding : findings) found.push_back(to_json(finding));
  json upstreams = json::array();
  for (const EngineSnapshot::Judged& upstream : snapshot.upstreams)
    upstreams.push_back({{"upstream", upstream.upstream},
                         {"verdict", policy::name_of(upstream.verdict)},
                         {"since_seconds", since(upstream)}});
  json failing = failing_json(snapshot);
  if (failing.size() > kFailingShown) failing.erase(failing.begin() + kFailingShown, failing.end());
  return {{"verdict", policy::name_of(snapshot.overall.verdict)},
          {"since_seconds", since(snapshot.overall)},
          {"summary", diagnosis.summary(findings)},
          {"upstreams", std::move(upstreams)},
          {"findings", std::move(found)},
          {"spenders", spenders_json(snapshot.top_minute, kSpendersShown, describe)},
          {"failing", std::move(failing)}};
}

}  // namespace sluice::net
