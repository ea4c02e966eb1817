#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "metrics/exporter.h"

namespace sluice::metrics {
namespace {

constexpr const char* kBegin = "<!-- metrics: begin -->\n";
constexpr const char* kEnd = "<!-- metrics: end -->";

std::string cell_of_labels(const Family& family) {
  std::vector<std::string> order;
  std::map<std::string, std::string> values;
  for (const Sample& sample : family.samples) {
    for (const auto& [name, value] : sample.labels) {
      if (!values.contains(name)) order.push_back(name);
      if (!value.empty()) values[name] += (values[name].empty() ? "" : ", ") + value;
      values.try_emplace(name);
    }
  }
  std::string cell;
  for (const std::string& name : order) {
    const bool is_fixed = !values[name].empty() && name != "version";
    cell += (cell.empty() ? "`" : "; `") + name + "`" + (is_fixed ? ": " + values[name] : "");
  }
  return cell;
}

std::string_view kind_of(const Family& family) {
  switch (family.kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
    case Kind::peak:
      return "gauge, since the last scrape";
  }
  return "";
}

/// The list as README.md must have it. Labels without a fixed set of values have empty ones here.
std::string expected_list() {
  const CounterBlock<WorkerMetric> worker;
  const CounterBlock<ProcessMetric> process;
  const CounterBlock<AdminMetric> admin;
  const CounterBlock<AttributionMetric> attribution;
  const CounterBlock<TraceMetric> traces;
  CounterBlock<ZoneMetric> zone;
  CounterBlock<UpstreamMetric> upstream;
  CounterBlock<VerdictMetric> verdict;
  CounterBlock<BudgetMetric> budget;
  CounterBlock<NetworkMetric> network;
  const Sources sources{.workers = {&worker},
                        .process = &process,
                        .attribution = &attribution,
                        .admin = &admin,
                        .traces = &traces,
                        .zones = {{{{"zone", ""}}, &zone}},
                        .upstreams = {{{{"upstream", ""}, {"zone", ""}}, &upstream}},
                        .spenders = {{"", "", "", "", 0}},
                        .verdicts = {{{{"upstream", ""}}, &verdict}},
                        .budgets = {{{{"budget", ""}}, &budget}},
                        .networks = {{{{{"network", ""}}, &network}, 0}}};
  std::string list = "| metric | kind | labels | what it counts |\n|---|---|---|---|\n";
  for (const Family& family : collect(sources, Peaks::keep))
    list += "| `" + family.name + "` | " + std::string{kind_of(family)} + " | " +
            cell_of_labels(family) + " | " + family.help + " |\n";
  return list;
}

TEST(MetricsReadme, ListsEveryMetricOfTheTables) {
  std::ifstream file{SLUICE_SOURCE_DIR "/metrics/README.md"};
  std::stringstream text;
  text << file.rdbuf();
  const std::string readme = text.str();
  const std::size_t begin = readme.find(kBegin);
  const std::size_t end = readme.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << "the marks are missing";

  const std::size_t start = begin + std::string_view{kBegin}.size();
  EXPECT_TRUE(readme.substr(start, end - start) == expected_list())
      << "Put this between the marks of metrics/README.md:\n"
      << expected_list();
}

}  // namespace
}  // namespace sluice::metrics
