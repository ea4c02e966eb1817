#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/top_spenders.h"
#include "policy/verdict.h"
#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/dns/question.h"

namespace sluice {

/// What the engine was doing at one moment, copied for the control tool. Plain values, bounded:
/// `requests` holds at most kMaxRequests, the oldest first.
struct EngineSnapshot {
  static constexpr std::size_t kMaxRequests = 1'000;
  static constexpr std::size_t kMaxFailing = 100;  ///< subtrees, in all zones
  static constexpr std::size_t kMaxSpenders = 100;

  struct Request {
    dns::Question question;
    std::string zone;
    std::string upstream;
    std::string_view band;   ///< in which it waits for a packet; empty if it does not
    Spender spender;         ///< who asked first
    Duration waited{};       ///< for packets, so far
    Endpoint server;         ///< asked last; port 0 if none yet
    const char* state = "";  ///< "waiting" for a packet, "asked", "late" (answered or given up)
    Duration age{};
    Duration time_left{};  ///< until its oldest client gets SERVFAIL
    std::uint32_t tries = 0;
    std::uint32_t waiters = 0;
    Endpoint client;  ///< the first that asked; port 0 if none waits
  };
  struct Zone {
    std::string name;
    std::string upstream;
    std::uint32_t weight = 0;
    std::uint64_t queries = 0, questions = 0, coalesced = 0, retransmits = 0, failure_hits = 0;
    std::uint64_t packets = 0, retries = 0, servfail = 0;
    std::uint64_t queue_depth = 0, queue_depth_max = 0;
    Duration queue_oldest{};
    double amplification = 0;          ///< packets / questions; 0 without questions
    bool is_silent = false;            ///< none of its servers answers
    std::vector<std::string> failing;  ///< subtrees whose questions wait behind the others
  };
  /// A subtree whose questions wait behind the others.
  struct Failing {
    std::string suffix;
    std::string zone;
    double probability = 0;
    std::uint64_t requests = 0, failures = 0;  ///< since it was convicted
    Duration age{};                            ///< since then
  };
  /// What somebody has spent, on which names.
  struct Account {
    Spender spender;
    std::string zone;    ///< the rule that holds the suffix now; empty: none any more
    std::string suffix;  ///< of the names
    dns::Type type{};
    policy::Spending spent;
    std::uint64_t overcount = 0;
  };
  /// See policy::TopSpenders::Top. At most kMaxSpenders accounts.
  struct Top {
    Duration covered{};
    std::uint64_t packets = 0;
    std::vector<Account> accounts;
  };
  /// An upstream's health, or (without a name) that of all together.
  struct Judged {
    std::string upstream;
    std::string budget;
    policy::Verdict verdict = policy::Verdict::healthy;
    std::optional<Duration> age{};  ///< since the verdict is that; none: since the start
    policy::Signals signals;
    policy::Verdicts verdicts;
  };
  struct Server {
    std::string upstream;
    Endpoint address;
    std::string zone;  ///< time-outs are kept per server and zone
    Duration srtt{};
    Duration timeout{};
    std::uint64_t sent = 0, answered = 0, timeouts = 0, failed = 0;
    std::uint64_t retries = 0, late = 0, mismatched = 0;
    policy::Verdict verdict = policy::Verdict::healthy;  ///< of its upstream
    std::uint32_t in_flight = 0;
    bool tcp_open = false;
    bool is_silent = false;   ///< asked by probes only
    bool is_looping = false;  ///< it sends what it is asked back to us
  };
  struct Budget {
    std::string name;
    std::string interfaces;  ///< "auto" or a list
    std::string file;        ///< empty: private
    std::string problem;     ///< why it is private although it should be shared
    std::uint32_t limit = 0, rate = 0, burst = 0, reserve = 0, available = 0;
    std::uint64_t packets = 0, packets_by_all = 0, waits = 0, sheds = 0, resets = 0;
    std::uint64_t used = 0;     ///< by all sharers in the last second
    std::uint64_t foreign = 0;  ///< packets of others, as far as this process counts them
    std::uint64_t dropped = 0;  ///< by the interface's link-local counter
    std::uint64_t queue_depth = 0;
    Duration queue_oldest{};
  };

  std::uint64_t in_flight = 0, waiters = 0, exchanges = 0, failures_cached = 0;
  std::uint64_t max_in_flight = 0, max_waiters = 0, max_exchanges = 0;
  bool requests_cut = false;  ///< there were more than kMaxRequests
  std::vector<Request> requests;
  std::vector<Zone> zones;
  std::vector<Server> servers;
  std::vector<Budget> budgets;
  std::vector<Failing> failing;  ///< at most kMaxFailing
  Judged overall;
  std::vector<Judged> upstreams;
  Top top_minute, top_hour;
};

}  // namespace sluice
