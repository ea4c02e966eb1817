#include "metrics/exporter.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <span>
#include <sstream>
#include <string_view>

namespace sluice::metrics {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Reads a label as the tables write it: `key="value"`, or nothing.
Labels parse_labels(std::string_view text) {
  const std::size_t equals = text.find("=\"");
  if (equals == std::string_view::npos) return {};
  const std::string_view value = text.substr(equals + 2);
  return {{std::string{text.substr(0, equals)}, std::string{value.substr(0, value.size() - 1)}}};
}

// The family that a row belongs to. Rows of one family follow each other, but for a few that stand
// apart in UpstreamMetric, so all families since `first` are searched.
Family& family_of(std::vector<Family>& families, std::size_t first, const Family& row) {
  for (std::size_t i = first; i < families.size(); ++i)
    if (families[i].name == row.name) return families[i];
  families.push_back(row);
  return families.back();
}

template <typename Id>
double sum(std::span<const CounterBlock<Id>* const> blocks, Id id) {
  std::uint64_t total = 0;
  for (const CounterBlock<Id>* block : blocks) total += block->get(id);
  return static_cast<double>(total);
}

// Metrics without a label of their own, summed over `blocks`.
template <typename Table, typename Id>
void add_summed(std::vector<Family>& families, const Table& table,
                std::span<const CounterBlock<Id>* const> blocks) {
  if (blocks.empty()) return;
  const std::size_t first = families.size();
  for (const Spec<Id>& spec : table) {
    Family& family = family_of(families, first, {spec.name, spec.help, spec.kind, {}});
    family.samples.push_back({parse_labels(spec.labels), sum(blocks, spec.id) * spec.unit});
  }
}

// Metrics of several owners, told apart by the label `scope`.
template <typename Table, typename Id>
void add_labelled(std::vector<Family>& families, const Table& table, const char* scope,
                  const std::vector<Labelled<Id>>& owners, Peaks peaks) {
  if (owners.empty()) return;
  const std::size_t first = families.size();
  for (const Spec<Id>& spec : table) {
    Family& family = family_of(families, first, {spec.name, spec.help, spec.kind, {}});
    for (const Labelled<Id>& owner : owners) {
      Labels labels = parse_labels(spec.labels);
      labels.insert(labels.begin(), {scope, owner.label});
      const bool forget = spec.kind == Kind::peak && peaks == Peaks::forget;
      const auto value = forget ? owner.block->take(spec.id) : owner.block->get(spec.id);
      family.samples.push_back({std::move(labels), static_cast<double>(value) * spec.unit});
    }
  }
}

void add_amplification(std::vector<Family>& families,
                       const std::vector<Labelled<ZoneMetric>>& zones) {
  if (zones.empty()) return;
  Family family{"sluice_zone_amplification_ratio",
                "Packets sent to upstreams per distinct question, since the start.",
                Kind::gauge,
                {}};
  for (const Labelled<ZoneMetric>& zone : zones) {
    const std::uint64_t questions = zone.block->get(ZoneMetric::questions);
    const std::uint64_t packets =
        zone.block->get(ZoneMetric::packets_udp) + zone.block->get(ZoneMetric::packets_tcp);
    const double ratio =
        questions == 0 ? 0 : static_cast<double>(packets) / static_cast<double>(questions);
    family.samples.push_back({{{"zone", zone.label}}, ratio});
  }
  families.push_back(std::move(family));
}

prometheus::MetricFamily to_prometheus(const Family& family) {
  const bool is_counter = family.kind == Kind::counter;
  prometheus::MetricFamily out;
  out.name = family.name;
  out.help = family.help;
  out.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  for (const Sample& sample : family.samples) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    if (is_counter)
      metric.counter.value = sample.value;
    else
      metric.gauge.value = sample.value;
    out.metric.push_back(std::move(metric));
  }
  return out;
}

}  // namespace

std::vector<Family> collect(const Sources& sources, Peaks peaks) {
  std::vector<Family> families{{"sluice_build_info",
                                "1, with the version of the build.",
                                Kind::gauge,
                                {{{{"version", SLUICE_VERSION}}, 1}}}};
  if (sources.process != nullptr)
    add_summed(families, kProcessMetrics, std::span{&sources.process, 1});
  add_summed(families, kWorkerMetrics,
             std::span<const CounterBlock<WorkerMetric>* const>{sources.workers});
  add_labelled(families, kZoneMetrics, "zone", sources.zones, peaks);
  add_amplification(families, sources.zones);
  add_labelled(families, kUpstreamMetrics, "upstream", sources.upstreams, peaks);
  add_labelled(families, kBudgetMetrics, "budget", sources.budgets, peaks);
  if (sources.admin != nullptr) add_summed(families, kAdminMetrics, std::span{&sources.admin, 1});
  return families;
}

std::string exposition(const Sources& sources) {
  std::vector<prometheus::MetricFamily> families;
  for (const Family& family : collect(sources, Peaks::forget))
    families.push_back(to_prometheus(family));
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families);
  return std::move(out).str();
}

}  // namespace sluice::metrics
