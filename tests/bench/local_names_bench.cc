#include "resolver/local/local_names.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "resolver/dns/presentation.h"
#include "resolver/local/blocklist.h"

namespace sluice::local {
namespace {

constexpr HashKey kHashKey{.k0 = 17, .k1 = 42};

/// A list of so many names of three labels.
std::shared_ptr<const Blocklist> list_of(std::int64_t names) {
  std::string text;
  for (std::int64_t i = 0; i < names; ++i)
    text += "host" + std::to_string(i) + ".ads" + std::to_string(i % 1'000) + ".example\n";
  return std::make_shared<const Blocklist>(Blocklist::Options{.name = "bench", .key = kHashKey},
                                           text);
}

LocalNames names_with(std::int64_t blocked) {
  Parts parts{.hash_key = kHashKey};
  if (blocked > 0) parts.blocklists = {list_of(blocked)};
  return LocalNames{std::move(parts)};
}

/// Different names of four labels, as a host asks for.
std::vector<dns::Question> questions() {
  std::vector<dns::Question> all;
  for (int i = 0; i < 1'000; ++i) {
    all.push_back({.name = dns::parse_name("www" + std::to_string(i) + ".shop" +
                                           std::to_string(i % 70) + ".company.example")
                               .value(),
                   .type = dns::Type::a});
  }
  return all;
}

/// What a miss pays before it goes upstream: a name that is not ours, `range` names blocked.
void not_ours(benchmark::State& state) {
  const LocalNames names = names_with(state.range(0));
  const auto asked = questions();
  std::vector<std::byte> out(kMaxLocalAnswer);
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 1) % asked.size();
    benchmark::DoNotOptimize(names.answer(asked[at], {}, out));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(not_ours)->Arg(0)->Arg(1'000)->Arg(1'000'000);

void localhost(benchmark::State& state) {
  const LocalNames names = names_with(0);
  const dns::Question question{.name = dns::parse_name("localhost").value(), .type = dns::Type::a};
  std::vector<std::byte> out(kMaxLocalAnswer);
  for (auto _ : state) benchmark::DoNotOptimize(names.answer(question, {}, out));
}
BENCHMARK(localhost);

/// From the text of a file to a list that can be asked.
void read_list(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(list_of(state.range(0))->name_count());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(read_list)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::local
