#include "policy/network_labels.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::policy {
namespace {

Address ipv4(std::uint32_t number) {
  Address address;
  address.family = Address::Family::ipv4;
  for (int i = 0; i < 4; ++i)
    address.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return address;
}

constexpr std::uint32_t kTen = 10U << 24;

/// 10.0.0.0/8 and so many networks of 256 addresses within.
NetworkLabels labels(std::int64_t networks) {
  std::vector<NetworkLabels::Entry> entries{{{ipv4(kTen), 8}, 1}};
  for (std::int64_t i = 1; i < networks; ++i)
    entries.push_back({{ipv4(kTen + (static_cast<std::uint32_t>(i) << 8)), 24},
                       static_cast<NetworkLabels::Label>(i % 64)});
  return {std::move(entries), 0};
}

/// What each address of an answer costs; `range` prefixes configured.
void find(benchmark::State& state) {
  const NetworkLabels table = labels(state.range(0));
  std::vector<Address> asked;
  for (std::uint32_t i = 0; i < 1'000; ++i) asked.push_back(ipv4(kTen + i * 7'919));
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 1) % asked.size();
    benchmark::DoNotOptimize(table.find(asked[at]));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find)->Arg(1)->Arg(64)->Arg(16'384);

}  // namespace
}  // namespace sluice::policy
