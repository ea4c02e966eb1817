#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/table.h"

namespace sluice::metrics {

/// Names of labels with their values.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// A block of numbers and what they belong to: a zone, an upstream with a zone, a budget. The block
/// must outlive the exporter's use of it.
template <typename Id>
struct Labelled {
  Labels labels;
  CounterBlock<Id>* block;
};

/// What is counted for a network, and what 10^9 octets to or from it cost.
struct PricedNetwork {
  Labelled<NetworkMetric> traffic;
  double cost_per_gb = 0;
};

/// Who has spent so many packets lately: one of the few at the top.
struct TopSpender {
  std::string client, zone, suffix, type;
  std::uint64_t packets = 0;
};

/// Everything there is to export at one moment. WorkerMetric blocks are summed over workers.
struct Sources {
  std::vector<const CounterBlock<WorkerMetric>*> workers{};
  const CounterBlock<ProcessMetric>* process = nullptr;
  const CounterBlock<AttributionMetric>* attribution = nullptr;
  const CounterBlock<AdminMetric>* admin = nullptr;
  const CounterBlock<TraceMetric>* traces = nullptr;
  std::vector<Labelled<ZoneMetric>> zones{};
  std::vector<Labelled<UpstreamMetric>> upstreams{};
  std::vector<TopSpender> spenders{};
  std::vector<Labelled<VerdictMetric>> verdicts{};
  std::vector<Labelled<BudgetMetric>> budgets{};
  std::vector<PricedNetwork> networks{};
};

/// One number, or one histogram, and the labels that tell it from the others of its family.
struct Sample {
  Labels labels{};
  double value = 0;                        ///< of a histogram: how many durations
  DurationHistogram::Reading durations{};  ///< zeros unless it is one
};

/// The metrics of one name.
struct Family {
  std::string name;
  std::string help;
  Kind kind = Kind::counter;
  std::vector<Sample> samples{};
};

/// Whether the peaks that are read begin anew: they do with a scrape, not with a look.
enum class Peaks : std::uint8_t { keep, forget };

/// Every metric that has a source, each name once, in the order of the tables. Three are computed:
/// sluice_build_info with the build's version, and for each zone sluice_zone_amplification_ratio,
/// packets sent to upstreams per distinct question, and sluice_zone_client_amplification_ratio,
/// clients' datagrams per distinct question. Of each network sluice_network_cost_total.
///
/// Thread-safe: touches atomics only. Allocates; never called per query.
[[nodiscard]] std::vector<Family> collect(const Sources& sources, Peaks peaks);

/// The text of a Prometheus scrape (exposition format 0.0.4) of collect(), which forgets peaks.
[[nodiscard]] std::string exposition(const Sources& sources);

}  // namespace sluice::metrics
