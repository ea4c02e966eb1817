#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/dns/question.h"

namespace sluice {

/// What the engine was doing at one moment, copied for the control tool. Plain values, bounded:
/// `requests` holds at most kMaxRequests, the oldest first.
struct EngineSnapshot {
  static constexpr std::size_t kMaxRequests = 1'000;
  static constexpr std::size_t kMaxFailing = 100;  ///< subtrees, in all zones

  struct Request {
    dns::Question question;
    std::string zone;
    std::string upstream;
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
  struct Server {
    std::string upstream;
    Endpoint address;
    std::string zone;  ///< time-outs are kept per server and zone
    Duration srtt{};
    Duration timeout{};
    std::uint64_t sent = 0, answered = 0, timeouts = 0, failed = 0;
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
    std::uint64_t packets = 0, packets_by_all = 0, waits = 0, resets = 0;
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
};

}  // namespace sluice
