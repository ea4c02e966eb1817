#include "metrics/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace sluice::metrics {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct ExporterTest : ::testing::Test {
  CounterBlock<ProcessMetric> process;
  CounterBlock<AdminMetric> admin;
  CounterBlock<AttributionMetric> attribution;
  std::array<CounterBlock<WorkerMetric>, 2> workers;
  std::array<CounterBlock<ZoneMetric>, 2> zones;
  CounterBlock<UpstreamMetric> upstream;
  CounterBlock<BudgetMetric> budget;
  std::array<CounterBlock<NetworkMetric>, 2> networks;
  Sources sources{.workers = {&workers[0], &workers[1]},
                  .process = &process,
                  .attribution = &attribution,
                  .admin = &admin,
                  .zones = {{{{"zone", "in-addr.arpa."}}, &zones[0]}, {{{"zone", "."}}, &zones[1]}},
                  .upstreams = {{{{"upstream", "vpc"}, {"zone", "."}}, &upstream}},
                  .budgets = {{{{"budget", "eni"}}, &budget}},
                  .networks = {{{{{"network", "zone-b"}}, &networks[0]}, 0.02},
                               {{{{"network", "other"}}, &networks[1]}, 0}}};

  [[nodiscard]] std::vector<std::string> lines() const {
    std::istringstream text{exposition(sources)};
    std::vector<std::string> out;
    for (std::string line; std::getline(text, line);) out.push_back(line);
    return out;
  }
};

template <typename Table>
void expect_sound(const Table& table) {
  std::map<std::string, std::string> about;
  std::set<std::string> series;
  for (const auto& spec : table) {
    const std::string name = spec.name;
    EXPECT_TRUE(name.starts_with("sluice_")) << name;
    EXPECT_EQ(name.ends_with("_total"), spec.kind == Kind::counter) << name;
    EXPECT_TRUE(series.insert(name + "{" + spec.labels + "}").second) << name << spec.labels;
    const auto [it, is_new] = about.emplace(name, spec.help);
    EXPECT_EQ(it->second, spec.help) << "the help of " << name << " differs between its rows";
  }
}

TEST(MetricTables, NameCountersTotalAndNothingElse) {
  expect_sound(kWorkerMetrics);
  expect_sound(kZoneMetrics);
  expect_sound(kUpstreamMetrics);
  expect_sound(kBudgetMetrics);
  expect_sound(kNetworkMetrics);
  expect_sound(kProcessMetrics);
  expect_sound(kVerdictMetrics);
  expect_sound(kAdminMetrics);
  expect_sound(kAttributionMetrics);
}

TEST_F(ExporterTest, DescribesEachMetricOnceWithHelpAndType) {
  std::map<std::string, int> helps;
  std::map<std::string, int> types;
  for (const std::string& line : lines()) {
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with("# HELP ")) ++helps[name];
    if (line.starts_with("# TYPE ")) ++types[name];
  }

  const auto families = collect(sources, Peaks::keep);
  EXPECT_EQ(helps.size(), families.size());
  for (const Family& family : families) {
    EXPECT_EQ(helps[family.name], 1) << family.name;
    EXPECT_EQ(types[family.name], 1) << family.name;
  }
}

TEST_F(ExporterTest, ShowsEverySeriesOfATableEvenAtZero) {
  std::size_t count = 0;
  for (const Family& family : collect(sources, Peaks::keep)) count += family.samples.size();

  // build_info, amplifications, cost
  const std::size_t computed = 1 + 2 * zones.size() + networks.size();
  const std::size_t histograms = HistogramsOf<WorkerMetric>::kTable.size() +
                                 zones.size() * HistogramsOf<ZoneMetric>::kTable.size() +
                                 HistogramsOf<UpstreamMetric>::kTable.size() +
                                 HistogramsOf<BudgetMetric>::kTable.size();
  EXPECT_EQ(count, computed + histograms + kProcessMetrics.size() + kWorkerMetrics.size() +
                       zones.size() * kZoneMetrics.size() + kUpstreamMetrics.size() +
                       kBudgetMetrics.size() + networks.size() * kNetworkMetrics.size() +
                       kAdminMetrics.size() + kAttributionMetrics.size());
}

TEST_F(ExporterTest, AddsTheWorkersUp) {
  workers[0].add(WorkerMetric::queries_udp, 3);
  workers[1].add(WorkerMetric::queries_udp, 4);
  EXPECT_THAT(lines(), Contains(R"(sluice_client_queries_total{transport="udp"} 7)"));
}

TEST_F(ExporterTest, TellsZonesUpstreamsAndBudgetsApart) {
  zones[0].add(ZoneMetric::packets_udp, 5);
  zones[1].add(ZoneMetric::packets_udp, 6);
  upstream.add(UpstreamMetric::malformed, 7);
  budget.set(BudgetMetric::limit, 1024);

  const auto text = lines();
  EXPECT_THAT(
      text,
      Contains(R"(sluice_zone_upstream_packets_total{zone="in-addr.arpa.",transport="udp"} 5)"));
  EXPECT_THAT(text, Contains(R"(sluice_zone_upstream_packets_total{zone=".",transport="udp"} 6)"));
  EXPECT_THAT(
      text,
      Contains(R"(sluice_upstream_failures_total{upstream="vpc",zone=".",kind="malformed"} 7)"));
  EXPECT_THAT(text, Contains(R"(sluice_budget_limit_packets{budget="eni"} 1024)"));
}

TEST_F(ExporterTest, DividesPacketsByDistinctQuestions) {
  zones[0].add(ZoneMetric::questions, 4);
  zones[0].add(ZoneMetric::packets_udp, 9);
  zones[0].add(ZoneMetric::packets_tcp, 1);

  const auto text = lines();
  EXPECT_THAT(text, Contains(R"(sluice_zone_amplification_ratio{zone="in-addr.arpa."} 2.5)"));
  EXPECT_THAT(text, Contains(R"(sluice_zone_amplification_ratio{zone="."} 0)"));
}

TEST_F(ExporterTest, PricesWhatWasSentToANetworkAndReceivedFromIt) {
  networks[0].add(NetworkMetric::octets_sent, 1'000'000'000);
  networks[0].add(NetworkMetric::octets_received, 500'000'000);
  networks[1].add(NetworkMetric::octets_sent, 7'000'000'000);

  const auto text = lines();
  EXPECT_THAT(text, Contains(R"(sluice_network_cost_total{network="zone-b"} 0.03)"));
  EXPECT_THAT(text, Contains(R"(sluice_network_cost_total{network="other"} 0)"));
}

TEST_F(ExporterTest, ConvertsMillisecondsToSeconds) {
  zones[1].raise(ZoneMetric::queue_oldest_ms, 1'500);
  EXPECT_THAT(lines(), Contains(R"(sluice_zone_queue_wait_seconds_max{zone="."} 1.5)"));
}

TEST_F(ExporterTest, EscapesLabelValues) {
  sources.upstreams[0].labels[0].second = "a\"b\\c\nd";
  upstream.add(UpstreamMetric::mismatched, 2);
  EXPECT_THAT(lines(),
              Contains(R"(sluice_upstream_mismatched_total{upstream="a\"b\\c\nd",zone="."} 2)"));
}

TEST_F(ExporterTest, AddsUpSpendersOfOneNameAndEscapesStrangersOctets) {
  sources.spenders = {{"job \xff", "in-addr.arpa.", "25.104.in-addr.arpa.", "PTR", 3},
                      {"job \xff", "in-addr.arpa.", "25.104.in-addr.arpa.", "PTR", 4}};
  EXPECT_THAT(lines(), Contains("sluice_top_packets{client=\"job \\\\xff\",zone=\"in-addr.arpa.\","
                                "suffix=\"25.104.in-addr.arpa.\",type=\"PTR\"} 7"));
}

TEST_F(ExporterTest, NamesTheBuild) {
  EXPECT_THAT(lines(), Contains("sluice_build_info{version=\"" SLUICE_VERSION "\"} 1"));
}

TEST_F(ExporterTest, ShowsDurationsInCumulativeRangesWithTheirSum) {
  upstream.observe(UpstreamHistogram::rtt, 40us);
  upstream.observe(UpstreamHistogram::rtt, 3ms, 2);
  upstream.observe(UpstreamHistogram::rtt, 12s);

  const auto text = lines();
  const std::string series = R"({upstream="vpc",zone=".")";
  const auto bucket = [&](const std::string& le, const std::string& count) {
    return "sluice_upstream_rtt_seconds_bucket" + series + ",le=\"" + le + "\"} " + count;
  };
  EXPECT_THAT(text, Contains(bucket("0.0001", "1")));
  EXPECT_THAT(text, Contains(bucket("0.0025", "1")));
  EXPECT_THAT(text, Contains(bucket("0.005", "3")));
  EXPECT_THAT(text, Contains(bucket("10", "3")));
  EXPECT_THAT(text, Contains(bucket("+Inf", "4")));
  EXPECT_THAT(text, Contains("sluice_upstream_rtt_seconds_count" + series + "} 4"));
  EXPECT_THAT(text, Contains("sluice_upstream_rtt_seconds_sum" + series + "} 12.00604"));
}

TEST(DurationHistogram, CountsADurationAtTheEndOfARangeIntoIt) {
  DurationHistogram histogram;
  histogram.observe(100us);
  histogram.observe(101us);
  histogram.observe(-1ns);  // clocks of two threads may differ by that

  const auto reading = histogram.read();
  EXPECT_EQ(reading.counts[0], 2U);
  EXPECT_EQ(reading.counts[1], 1U);
  EXPECT_EQ(reading.sum, 201us);
}

TEST_F(ExporterTest, ComparesClientsDatagramsWithTheirQuestions) {
  zones[0].add(ZoneMetric::questions, 4);
  zones[0].add(ZoneMetric::retransmits_absorbed, 6);
  EXPECT_THAT(lines(),
              Contains(R"(sluice_zone_client_amplification_ratio{zone="in-addr.arpa."} 2.5)"));
}

TEST_F(ExporterTest, ForgetsAPeakWithTheScrapeThatShowsIt) {
  budget.raise(BudgetMetric::peak_10ms, 40);
  budget.raise(BudgetMetric::peak_10ms, 30);
  (void)collect(sources, Peaks::keep);

  const std::string series = R"(sluice_budget_peak_packets{budget="eni",window="10ms"})";
  EXPECT_THAT(lines(), Contains(series + " 40"));
  EXPECT_THAT(lines(), Contains(series + " 0"));
}

TEST_F(ExporterTest, LeavesOutWhatHasNoSource) {
  const std::string text = exposition({});
  EXPECT_THAT(text, HasSubstr("sluice_build_info"));
  EXPECT_THAT(text, Not(HasSubstr("sluice_zone")));
  EXPECT_THAT(text, Not(HasSubstr("sluice_client")));
  EXPECT_THAT(text, Not(HasSubstr("sluice_cache_entries")));
}

TEST_F(ExporterTest, PassesPrometheusOwnLint) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is not installed";
  FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  std::fputs(exposition(sources).c_str(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

}  // namespace
}  // namespace sluice::metrics
