#include "metrics/exporter.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <limits>
#include <map>
#include <span>
#include <sstream>
#include <string_view>

namespace sluice::metrics {

namespace {

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

Sample sample_of(Labels labels, const DurationHistogram::Reading& durations) {
  return {std::move(labels), static_cast<double>(durations.total()), durations};
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
  for (const auto& spec : HistogramsOf<Id>::kTable) {
    Family& family = family_of(families, first, {spec.name, spec.help, Kind::histogram, {}});
    DurationHistogram::Reading durations;
    for (const CounterBlock<Id>* block : blocks) durations.add(block->read(spec.id));
    family.samples.push_back(sample_of(parse_labels(spec.labels), durations));
  }
}

Labels joined(const Labels& owner, const char* own) {
  Labels labels = owner;
  for (auto& label : parse_labels(own)) labels.push_back(std::move(label));
  return labels;
}

// Metrics of several owners, told apart by their labels.
template <typename Table, typename Id>
void add_labelled(std::vector<Family>& families, const Table& table,
                  const std::vector<Labelled<Id>>& owners, Peaks peaks) {
  if (owners.empty()) return;
  const std::size_t first = families.size();
  for (const Spec<Id>& spec : table) {
    Family& family = family_of(families, first, {spec.name, spec.help, spec.kind, {}});
    for (const Labelled<Id>& owner : owners) {
      const bool forget = spec.kind == Kind::peak && peaks == Peaks::forget;
      const auto value = forget ? owner.block->take(spec.id) : owner.block->get(spec.id);
      family.samples.push_back(
          {joined(owner.labels, spec.labels), static_cast<double>(value) * spec.unit});
    }
  }
  for (const auto& spec : HistogramsOf<Id>::kTable) {
    Family& family = family_of(families, first, {spec.name, spec.help, Kind::histogram, {}});
    for (const Labelled<Id>& owner : owners)
      family.samples.push_back(
          sample_of(joined(owner.labels, spec.labels), owner.block->read(spec.id)));
  }
}

// A gauge of each zone: the counters of `numerator` by its distinct questions; 0 without any.
Family per_question(const char* name, const char* help,
                    const std::vector<Labelled<ZoneMetric>>& zones,
                    std::array<ZoneMetric, 2> numerator) {
  Family family{name, help, Kind::gauge, {}};
  for (const Labelled<ZoneMetric>& zone : zones) {
    const std::uint64_t questions = zone.block->get(ZoneMetric::questions);
    const std::uint64_t total = zone.block->get(numerator[0]) + zone.block->get(numerator[1]);
    const double ratio =
        questions == 0 ? 0 : static_cast<double>(total) / static_cast<double>(questions);
    family.samples.push_back({zone.labels, ratio});
  }
  return family;
}

void add_amplifications(std::vector<Family>& families,
                        const std::vector<Labelled<ZoneMetric>>& zones) {
  if (zones.empty()) return;
  families.push_back(per_question("sluice_zone_amplification_ratio",
                                  "Packets sent to upstreams per distinct question, since the "
                                  "start.",
                                  zones, {ZoneMetric::packets_udp, ZoneMetric::packets_tcp}));
  families.push_back(per_question("sluice_zone_client_amplification_ratio",
                                  "Clients' datagrams per distinct question, their retransmits "
                                  "among them, since the start.",
                                  zones,
                                  {ZoneMetric::questions, ZoneMetric::retransmits_absorbed}));
}

// Different spenders may have one name; a series must be there once.
void add_spenders(std::vector<Family>& families, const std::vector<TopSpender>& spenders) {
  Family family{"sluice_top_packets",
                "Packets of the last minute, by those few who spent most of them.",
                Kind::gauge,
                {}};
  std::map<Labels, double> packets;
  for (const TopSpender& spender : spenders)
    packets[{{"client", spender.client},
             {"zone", spender.zone},
             {"suffix", spender.suffix},
             {"type", spender.type}}] += static_cast<double>(spender.packets);
  for (const auto& [labels, value] : packets) family.samples.push_back({labels, value});
  families.push_back(std::move(family));
}

// Prometheus takes UTF-8 only, and some values are words of strangers.
std::string to_ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (octet < 0x80)
      out += c;
    else
      out.append("\\x").append({kDigits[octet >> 4U], kDigits[octet & 0xfU]});
  }
  return out;
}

prometheus::MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return prometheus::MetricType::Counter;
    case Kind::histogram:
      return prometheus::MetricType::Histogram;
    case Kind::gauge:
    case Kind::peak:
      return prometheus::MetricType::Gauge;
  }
  return prometheus::MetricType::Untyped;
}

double in_seconds(Duration duration) { return std::chrono::duration<double>{duration}.count(); }

prometheus::ClientMetric::Histogram to_prometheus(const DurationHistogram::Reading& durations) {
  prometheus::ClientMetric::Histogram out;
  out.sample_count = durations.total();
  out.sample_sum = in_seconds(durations.sum);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < DurationHistogram::kRanges; ++i) {
    cumulative += durations.counts[i];
    const bool is_last = i == DurationHistogram::kBounds.size();
    out.bucket.push_back({cumulative, is_last ? std::numeric_limits<double>::infinity()
                                              : in_seconds(DurationHistogram::kBounds[i])});
  }
  return out;
}

void add_networks(std::vector<Family>& families, const std::vector<PricedNetwork>& networks,
                  Peaks peaks) {
  if (networks.empty()) return;
  constexpr double kOctetsOfGb = 1e9;
  std::vector<Labelled<NetworkMetric>> owners;
  Family cost{"sluice_network_cost_total",
              "What these octets cost at the network's present cost_per_gb.",
              Kind::counter,
              {}};
  for (const PricedNetwork& network : networks) {
    const CounterBlock<NetworkMetric>& block = *network.traffic.block;
    const std::uint64_t octets =
        block.get(NetworkMetric::octets_sent) + block.get(NetworkMetric::octets_received);
    const double price = static_cast<double>(octets) / kOctetsOfGb * network.cost_per_gb;
    cost.samples.push_back({network.traffic.labels, price});
    owners.push_back(network.traffic);
  }
  add_labelled(families, kNetworkMetrics, owners, peaks);
  families.push_back(std::move(cost));
}

prometheus::MetricFamily to_prometheus(const Family& family) {
  prometheus::MetricFamily out;
  out.name = family.name;
  out.help = family.help;
  out.type = type_of(family.kind);
  for (const Sample& sample : family.samples) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, to_ascii(value)});
    if (family.kind == Kind::counter)
      metric.counter.value = sample.value;
    else if (family.kind == Kind::histogram)
      metric.histogram = to_prometheus(sample.durations);
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
  if (sources.attribution != nullptr)
    add_summed(families, kAttributionMetrics, std::span{&sources.attribution, 1});
  add_labelled(families, kZoneMetrics, sources.zones, peaks);
  add_amplifications(families, sources.zones);
  add_labelled(families, kUpstreamMetrics, sources.upstreams, peaks);
  add_spenders(families, sources.spenders);
  add_labelled(families, kVerdictMetrics, sources.verdicts, peaks);
  add_labelled(families, kBudgetMetrics, sources.budgets, peaks);
  add_networks(families, sources.networks, peaks);
  if (sources.admin != nullptr) add_summed(families, kAdminMetrics, std::span{&sources.admin, 1});
  if (sources.traces != nullptr) add_summed(families, kTraceMetrics, std::span{&sources.traces, 1});
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
