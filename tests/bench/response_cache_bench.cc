#include "cache/response_cache.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

constexpr std::size_t kMaxBytes = 32 << 20;
constexpr std::uint64_t kNames = 20'000;
constexpr std::size_t kStride = 7919;  // coprime to the number of names: no order to profit from

std::vector<dns::LookupKey> numbered_keys(std::uint64_t first, std::uint64_t count) {
  std::vector<dns::LookupKey> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(numbered_key(first + i));
  return keys;
}

/// As large as a response with two addresses.
StoredResponse ordinary_response() {
  static const Sample sample{{60, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 60s};
  StoredResponse response = sample.view();
  response.ttl_offsets = response.ttl_offsets.first(2);
  return response;
}

/// All threads share it, as listeners do.
ResponseCache& full_cache() {
  static const auto cache = [] {
    auto made = std::make_unique<ResponseCache>(kMaxBytes, kHashKey);
    for (const dns::LookupKey& key : numbered_keys(0, kNames)) {
      made->store(key, made->hash(key), ordinary_response(), t0);
    }
    return made;
  }();
  return *cache;
}

void look_up(benchmark::State& state, const std::vector<dns::LookupKey>& keys) {
  ResponseCache& cache = full_cache();
  auto buffer = std::make_unique<Buffer>();
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 101;
  std::int64_t hits = 0;
  for (auto _ : state) {
    at = (at + kStride) % keys.size();
    const auto hit = cache.lookup(keys[at], cache.hash(keys[at]), t0 + 10s, *buffer);
    hits += hit.has_value() ? 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["hit_share"] =
      benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}

/// One hot name; the working set of a host; more than the nearer caches of a processor hold.
void hit(benchmark::State& state) {
  look_up(state, numbered_keys(0, static_cast<std::uint64_t>(state.range(0))));
}
BENCHMARK(hit)->Arg(1)->Arg(1'000)->Arg(kNames)->Threads(1)->Threads(2)->UseRealTime();

void miss(benchmark::State& state) { look_up(state, numbered_keys(kNames, 1'000)); }
BENCHMARK(miss)->Threads(1)->Threads(2)->UseRealTime();

/// Hashing alone, which both of the above contain.
void hash(benchmark::State& state) {
  const ResponseCache cache{0, kHashKey};
  const dns::LookupKey key = numbered_key(12'345);
  for (auto _ : state) benchmark::DoNotOptimize(cache.hash(key));
}
BENCHMARK(hash);

void store_with_eviction(benchmark::State& state) {
  ResponseCache cache{kMaxBytes, kHashKey};
  const auto keys = numbered_keys(0, 400'000);
  const StoredResponse response = ordinary_response();
  std::size_t at = 0;
  const auto store_next = [&] {
    at = (at + kStride) % keys.size();
    cache.store(keys[at], cache.hash(keys[at]), response, t0);
  };
  for (std::size_t i = 0; i < keys.size(); ++i) store_next();
  const std::uint64_t evictions_before = cache.stats().evictions;
  for (auto _ : state) store_next();
  state.SetItemsProcessed(state.iterations());
  const CacheStats stats = cache.stats();
  state.counters["evictions_each"] = static_cast<double>(stats.evictions - evictions_before) /
                                     static_cast<double>(state.iterations());
  state.counters["entries"] = static_cast<double>(stats.entries);
}
BENCHMARK(store_with_eviction);

}  // namespace
}  // namespace sluice::cache
