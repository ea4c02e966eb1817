#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/verdict.h"
#include "resolver/base/clock.h"
#include "resolver/routing.h"

namespace sluice {

/// The gauge of a verdict in all: they stand in the verdicts' order.
[[nodiscard]] constexpr metrics::ProcessMetric metric_of(policy::Verdict verdict) noexcept {
  return static_cast<metrics::ProcessMetric>(
      static_cast<std::size_t>(metrics::ProcessMetric::verdict_ports_exhausted) +
      static_cast<std::size_t>(verdict));
}
static_assert(metric_of(policy::Verdict::healthy) == metrics::ProcessMetric::verdict_healthy);

/// How each upstream has been lately, and what that amounts to: one verdict for each and one in
/// all.
///
/// Takes stock once a second of counters that others keep, so that nothing is added on a query's
/// path. Pure; thread-confined to the engine. Bound: one record for each upstream of the
/// configuration.
class Health {
 public:
  /// What a verdict looks back on.
  static constexpr std::size_t kWindowSeconds = 10;

  struct Upstream {
    std::string name{};
    std::string budget{};  ///< empty: none
    policy::Signals signals{};
    policy::Verdicts verdicts{};  ///< of the signals, as of now
    policy::SteadyVerdict steady{};
    metrics::CounterBlock<metrics::VerdictMetric>* gauges = nullptr;
  };

  /// To be called when the rules have changed. Upstreams that stay keep their past.
  void follow(const Routing& routing);
  /// To be called once a second. True if a verdict has changed, of an upstream or in all.
  bool take_stock(const Routing& routing, TimePoint now);

  [[nodiscard]] const std::vector<Upstream>& upstreams() const noexcept { return upstreams_; }
  [[nodiscard]] const policy::SteadyVerdict& overall() const noexcept { return overall_; }
  /// Sets the gauges of verdicts, in all and by upstream.
  void show(metrics::CounterBlock<metrics::ProcessMetric>& process) const;
  /// Verdicts that have changed, in all, since the start.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

 private:
  static constexpr std::uint16_t kNoUpstream = 0xffff;

  /// An upstream's counts since the start, as they were at each second of the window. What is no
  /// count is zero there.
  struct Record {
    std::array<policy::Signals, kWindowSeconds + 1> seconds{};
    std::size_t latest = 0;
    std::size_t size = 0;  ///< of `seconds`, those in use
  };

  /// Calls `use(rule, i)` for each rule in use, i being its upstream's place.
  template <typename F>
  void for_each_rule(const Routing& routing, F&& use) const;
  [[nodiscard]] std::vector<policy::Signals> count(const Routing& routing) const;
  void read_state(const Routing& routing, TimePoint now);
  static void push(Record& record, const policy::Signals& totals) noexcept;
  [[nodiscard]] static policy::Signals difference(const Record& record) noexcept;

  std::vector<Upstream> upstreams_;
  std::vector<Record> records_;                  // of upstreams_, in their order
  std::vector<std::uint16_t> upstream_of_rule_;  // by rule slot; kNoUpstream: not in use
  policy::SteadyVerdict overall_;
  std::uint64_t changes_ = 0;
};

}  // namespace sluice
