#include <benchmark/benchmark.h>

#include <array>

#include "resolver/dns/presentation.h"
#include "resolver/flight_recorder.h"

namespace sluice {
namespace {

// What the engine pays for an event with a message of range(0) octets, the ring long since full.
void record(benchmark::State& state) {
  FlightRecorder recorder{1 << 20};
  const dns::Question question{*dns::parse_name("some.service.example."), dns::Type::a};
  const std::array<std::byte, FlightRecorder::kSnapLength> message{};
  const auto size = static_cast<std::size_t>(state.range(0));
  TimePoint now{};
  for (auto _ : state) {
    now += Duration{1};
    recorder.record({.kind = EventKind::outcome, .at = now}, question,
                    std::span{message}.first(size));
  }
}
BENCHMARK(record)->Arg(0)->Arg(50)->Arg(512);

void copy_full_ring(benchmark::State& state) {
  FlightRecorder recorder{1 << 20};
  const dns::Question question{*dns::parse_name("some.service.example."), dns::Type::a};
  for (int i = 0; i < 20'000; ++i) recorder.record({.kind = EventKind::query}, question);
  for (auto _ : state) benchmark::DoNotOptimize(recorder.copy(TimePoint{}));
}
BENCHMARK(copy_full_ring);

}  // namespace
}  // namespace sluice
