#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "metrics/exporter.h"
#include "metrics/table.h"
#include "policy/admission_queue.h"
#include "policy/budget_file.h"
#include "policy/circuit_breaker.h"
#include "policy/microburst.h"
#include "policy/packet_budget.h"
#include "policy/retry_budget.h"
#include "policy/rtt_estimator.h"
#include "policy/zone_table.h"
#include "resolver/base/random.h"
#include "resolver/dns/writer.h"
#include "resolver/in_flight.h"
#include "resolver/local/search_storm.h"

namespace sluice {

/// One server under one zone rule. Time-outs are kept for the pair, so that a slow zone does not
/// spoil a fast one behind the same server.
struct Path {
  Endpoint server;
  policy::RttEstimator rtt;
  policy::CircuitBreaker breaker;
  std::uint32_t in_flight = 0;        ///< exchanges open, late ones among them
  std::uint32_t failures_in_row = 0;  ///< time-outs and network errors since the last answer
  std::uint32_t blind_retries = 0;    ///< sent since the last timely answer
  TimePoint latest_answered{};        ///< when the latest exchange that was answered began
  TimePoint plain_until{};            ///< asked without EDNS until then: it has refused it
  std::uint32_t silent_tries = 0;     ///< time-outs since the last good answer in time
  TimePoint loop_probe_due{};         ///< not to be asked whether it leads back to us before
  bool is_looping = false;            ///< it does
  std::uint64_t sent = 0, answered = 0, timeouts = 0, failed = 0;
  std::uint64_t retries = 0, late = 0, mismatched = 0;
};

/// A zone rule as the engine uses it. Its slot number is stable while anything refers to it: a
/// reload that changes where a rule leads makes a new slot and lets the old one run dry.
struct Rule {
  dns::Name suffix;
  std::string zone;      ///< suffix in presentation format
  std::string upstream;  ///< its name, for counters and texts
  std::uint32_t weight = 100;
  Duration max_wait{};
  bool nxdomain_cut = false;
  bool strip_private = false;  ///< private addresses are taken out of responses
  local::TopLevelDomains search_tlds;
  dns::TrustAd trust_ad{};
  bool mixed_case = false;         ///< queries have random letters that responses must repeat
  bool may_serve_private = false;  ///< a server of it has an address that is not public
  bool forgets_stored = false;     ///< responses stored under it were made by other rules
  std::size_t labels = 0;          ///< of the suffix
  std::uint16_t gate = 0;          ///< which budget pays
  std::vector<Path> paths;
  metrics::CounterBlock<metrics::ZoneMetric>* counters = nullptr;
  metrics::CounterBlock<metrics::UpstreamMetric>* upstream_counters = nullptr;
  metrics::CounterBlock<metrics::VerdictMetric>* verdict = nullptr;  ///< its upstream's
  policy::RetryBudget* retries = nullptr;                            ///< its upstream's
  bool is_silent = false;    ///< no server answers: questions wait, probes go
  TimePoint recovered_at{};  ///< when that last ended
  bool is_current = false;   ///< part of the present configuration
  std::uint32_t users = 0;   ///< questions and exchanges that refer to this slot
};

/// One interface of a budget.
struct Lane {
  policy::PacketBudget budget;
  policy::Microburst microburst;  ///< looks at the budget's packets
  std::uint16_t interface = 0;    ///< index into Routing::interface_names()
  std::string file;               ///< path of the shared word; empty = private
};

/// A budget and the queue before it. The gate of upstreams without a budget has no lanes and lets
/// everything pass.
struct Gate {
  std::string name;
  conf::Budget config;
  std::vector<Lane> lanes;
  policy::AdmissionQueue queue;
  metrics::CounterBlock<metrics::BudgetMetric>* counters = nullptr;
  std::string problem;          ///< why it is private although it should be shared
  std::string via;              ///< with "auto": the interfaces that the routes choose
  TimePoint retry_at = kNever;  ///< when the queue may move again

  /// Takes `packets` from the lane that has most to spend; which one, or nullopt if none has
  /// enough.
  [[nodiscard]] std::optional<std::uint16_t> take(std::uint32_t packets, TimePoint now) noexcept;
  /// How long until take() may succeed.
  [[nodiscard]] Duration retry_after(std::uint32_t packets, TimePoint now) const noexcept;
  /// Whether there are packets that those who wait next will not miss: half of the burst.
  [[nodiscard]] policy::AdmissionQueue::Supply supply(TimePoint now) const noexcept;
  /// How long until there are, if nobody takes any.
  [[nodiscard]] Duration spare_after(TimePoint now) const noexcept;
  /// Books packets that left unpaid through a lane.
  void charge(std::uint16_t lane, std::uint32_t packets, TimePoint now) noexcept;
  /// Books packets once more that were paid for before a stall and left after it.
  void charge_again(std::uint16_t lane, std::uint32_t packets, TimePoint now) noexcept;
  [[nodiscard]] std::uint16_t interface(std::uint16_t lane) const noexcept {
    return lanes.empty() ? std::uint16_t{0} : lanes[lane].interface;
  }
};

/// Of five budget metrics, one for each band from `first` on, the one for `band`.
[[nodiscard]] constexpr metrics::BudgetMetric metric_of(
    metrics::BudgetMetric first, policy::AdmissionQueue::Band band) noexcept {
  return static_cast<metrics::BudgetMetric>(static_cast<std::size_t>(first) +
                                            static_cast<std::size_t>(band));
}

/// The histogram of the waits in `band`.
[[nodiscard]] constexpr metrics::BudgetHistogram wait_of(
    policy::AdmissionQueue::Band band) noexcept {
  return static_cast<metrics::BudgetHistogram>(band);
}

/// The files that the shell has opened for a budget, one for each interface (one in all for
/// "auto"); null where a private word must do, and then `problem` says why.
struct BudgetFiles {
  struct File {
    std::string path;
    std::shared_ptr<policy::BudgetFile> file;
  };
  std::vector<File> files;
  std::string problem;
  std::string via;  ///< with "auto": the interfaces that the routes to its upstreams lead through
};

/// The configuration in the form that the engine works with: rules, paths, gates and their
/// counters, in slots that survive a reload.
///
/// Thread-confined to the engine; counter blocks live as long as it does and may be read by the
/// exporter. Bounds: kMaxRules slots, kMaxGates budgets.
class Routing {
 public:
  static constexpr std::size_t kMaxRules = 2'048;
  static constexpr std::size_t kMaxGates = 32;
  static constexpr std::uint16_t kUnlimitedGate = 0;

  /// `queue_capacity`: the most questions that can wait at once.
  explicit Routing(std::size_t queue_capacity);

  /// Takes over a configuration whose upstreams all name their servers ("system" resolved by the
  /// caller). `files` by budget name. What is unchanged keeps its slot, its time-outs and its
  /// counters. The error says why nothing was changed.
  [[nodiscard]] std::optional<std::string> configure(
      const conf::Config& config, const std::map<std::string, BudgetFiles>& files);

  /// The rule for a name; nullopt if no zone covers it.
  [[nodiscard]] std::optional<RuleIndex> find(const dns::Name& name) const noexcept {
    return zones_.find(name);
  }
  [[nodiscard]] Rule& rule(RuleIndex index) noexcept { return *rules_[index]; }
  [[nodiscard]] const Rule& rule(RuleIndex index) const noexcept { return *rules_[index]; }
  [[nodiscard]] std::vector<std::unique_ptr<Gate>>& gates() noexcept { return gates_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Gate>>& gates() const noexcept { return gates_; }
  [[nodiscard]] std::size_t rule_slots() const noexcept { return rules_.size(); }

  /// Whether responses that are stored would not be stored so now; until has_forgotten().
  [[nodiscard]] bool must_forget() const noexcept;
  void has_forgotten() noexcept;

  /// Every question and exchange holds its rule's slot while it lives.
  void acquire(RuleIndex index) noexcept { ++rules_[index]->users; }
  void release(RuleIndex index) noexcept { --rules_[index]->users; }

  /// Names of the interfaces that lanes refer to; the first, "", means whatever the routes say.
  [[nodiscard]] const std::vector<std::string>& interface_names() const noexcept {
    return interface_names_;
  }
  /// Adds this object's blocks to what is exported.
  void add_sources(metrics::Sources& sources) const;

 private:
  void configure_gates(const conf::Config& config, const std::map<std::string, BudgetFiles>& files);
  [[nodiscard]] std::unique_ptr<Gate> make_gate(const conf::Budget& budget,
                                                const BudgetFiles& files);
  [[nodiscard]] Rule make_rule(const conf::Zone& zone, const conf::Config& config);
  [[nodiscard]] std::optional<RuleIndex> keep_slot(const Rule& wanted) noexcept;
  [[nodiscard]] RuleIndex new_slot(Rule rule);
  [[nodiscard]] std::optional<std::uint16_t> gate_named(const std::string& name) const noexcept;
  [[nodiscard]] std::uint16_t intern_interface(const std::string& name);

  std::size_t queue_capacity_;
  policy::ZoneTable zones_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<std::unique_ptr<Gate>> gates_;
  std::vector<std::string> interface_names_{""};
  std::map<std::string, std::unique_ptr<metrics::CounterBlock<metrics::ZoneMetric>>> zone_blocks_;
  std::map<std::pair<std::string, std::string>,
           std::unique_ptr<metrics::CounterBlock<metrics::UpstreamMetric>>>
      upstream_blocks_;  // by upstream and zone
  std::map<std::string, std::unique_ptr<metrics::CounterBlock<metrics::VerdictMetric>>>
      verdict_blocks_;
  std::map<std::string, std::unique_ptr<metrics::CounterBlock<metrics::BudgetMetric>>>
      budget_blocks_;
  std::map<std::string, std::unique_ptr<policy::RetryBudget>> retry_budgets_;
  metrics::CounterBlock<metrics::BudgetMetric> unlimited_block_;  // not exported
};

}  // namespace sluice
