// A fleet of hosts in virtual time, under each topology: what the batch job on some of them costs
// the people on all of them. Prints the table of README.md.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/scenario/fleet/topology.h"

namespace {

using namespace sluice;

unsigned long long number(std::uint64_t value) { return value; }

void print_head() {
  std::puts(
      "| topology | people's look-ups lost | the same on batch hosts | their p99 | batch look-ups "
      "answered | packets/s per interface, mean | worst second | dropped at the limit |\n"
      "|---|---|---|---|---|---|---|---|");
}

void print_row(fleet::Topology topology, fleet::Tally tally, const fleet::Workload& workload) {
  const double interface_seconds = static_cast<double>(tally.interfaces) *
                                   std::chrono::duration<double>{workload.measured}.count();
  const double answered = tally.batch_asked == 0 ? 0
                                                 : static_cast<double>(tally.batch_answered) /
                                                       static_cast<double>(tally.batch_asked);
  std::printf("| %s | %llu (%.2f %%) | %llu (%.2f %%) | %.1f ms | %.1f %% | %.1f | %llu | %llu |\n",
              fleet::to_string(topology).data(), number(tally.all_hosts.lost),
              100 * tally.all_hosts.lost_share(), number(tally.batch_hosts.lost),
              100 * tally.batch_hosts.lost_share(),
              std::chrono::duration<double, std::milli>{tally.latencies.percentile(99)}.count(),
              100 * answered, static_cast<double>(tally.packets) / interface_seconds,
              number(tally.worst_second), number(tally.drops));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  fleet::Workload workload;
  CLI::App app{"Simulates a fleet of hosts under each topology and prints a Markdown table."};
  app.add_option("--hosts", workload.hosts, "Hosts")->check(CLI::Range(1U, 1'000'000U));
  app.add_option("--seed", workload.seed, "The same seed gives the same table");
  app.add_option("--batch-rate", workload.batch_rate,
                 "Addresses per second that most batch hosts look up");
  app.add_option("--heavy-rate", workload.heavy_rate, "The same, of each tenth batch host");
  CLI11_PARSE(app, argc, argv);

  print_head();
  for (const fleet::Topology topology : fleet::kEveryTopology)
    print_row(topology, fleet::simulate(topology, workload), workload);
  return 0;
}
