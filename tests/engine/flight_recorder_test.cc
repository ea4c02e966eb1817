#include "resolver/flight_recorder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/wire.h"

namespace sluice {
namespace {

constexpr TimePoint t0{std::chrono::seconds{1'000}};

EventFacts query_at(TimePoint at) { return {.kind = EventKind::query, .at = at}; }

std::vector<TimePoint> times(const Recording& recording) {
  std::vector<TimePoint> all;
  recording.for_each([&](const Event& event) { all.push_back(event.at); });
  return all;
}

TEST(FlightRecorder, GivesBackWhatItWasTold) {
  FlightRecorder recorder{FlightRecorder::kMinBytes};
  const wire::Bytes message = wire::query("www.example. AAAA");
  const EventFacts facts{.kind = EventKind::sent,
                         .transport = Transport::tcp,
                         .tries = 2,
                         .at = t0,
                         .peer = *Endpoint::parse("192.0.2.53", 53)};
  recorder.record(facts, wire::question("www.example. AAAA"), message);

  std::size_t count = 0;
  recorder.copy(t0 + 1s).for_each([&](const Event& event) {
    ++count;
    EXPECT_EQ(event.kind, EventKind::sent);
    EXPECT_EQ(event.transport, Transport::tcp);
    EXPECT_EQ(event.tries, 2);
    EXPECT_EQ(event.at, t0);
    EXPECT_EQ(event.peer, facts.peer);
    EXPECT_EQ(event.question, wire::question("www.example. AAAA"));
    EXPECT_EQ(wire::Bytes(event.message.begin(), event.message.end()), message);
    EXPECT_EQ(event.message_size, message.size());
  });
  EXPECT_EQ(count, 1U);
  EXPECT_EQ(recorder.copy(t0 + 1s).length(), 1s);
}

TEST(FlightRecorder, KeepsTheBeginningOfALongMessageAndItsSize) {
  FlightRecorder recorder{FlightRecorder::kMinBytes};
  const wire::Bytes message(2'000, std::byte{7});
  recorder.record(query_at(t0), wire::question("www.example. A"), message);

  recorder.copy(t0).for_each([&](const Event& event) {
    EXPECT_EQ(event.message.size(), FlightRecorder::kSnapLength);
    EXPECT_EQ(event.message_size, message.size());
  });
}

TEST(FlightRecorder, OverwritesTheOldestEventsWhateverTheirSizes) {
  FlightRecorder recorder{FlightRecorder::kMinBytes};
  std::vector<TimePoint> told;
  for (int i = 0; i < 2'000; ++i) {
    const TimePoint at = t0 + i * 1ms;
    const wire::Bytes message(static_cast<std::size_t>(i * 37 % 600), std::byte{1});
    const std::string name = std::string(static_cast<std::size_t>(1 + i * 11 % 60), 'a');
    recorder.record(query_at(at), wire::question(name + ".example. A"), message);
    told.push_back(at);

    const std::vector<TimePoint> kept = times(recorder.copy(at));
    ASSERT_FALSE(kept.empty());
    const auto count = static_cast<std::ptrdiff_t>(kept.size());
    ASSERT_EQ(kept, std::vector<TimePoint>(told.end() - count, told.end())) << i;
    ASSERT_EQ(recorder.recorded() - recorder.overwritten(), kept.size());
  }
  EXPECT_GT(recorder.overwritten(), 1'900U);
}

TEST(FlightRecorder, UsesTheWholeOfItsRing) {
  FlightRecorder recorder{64 << 10};
  for (int i = 0; i < 10'000; ++i)
    recorder.record(query_at(t0 + i * 1ms), wire::question("www.example. A"));
  const std::size_t event = sizeof(Recording::Head) + 16;
  EXPECT_GE(recorder.copy(t0).size(), (64U << 10) / event - 2);
  EXPECT_LE(recorder.copy(t0).size(), (64U << 10) / sizeof(Recording::Head));
}

TEST(FlightRecorder, KeepsNothingWhenItIsOff) {
  FlightRecorder recorder{0};
  recorder.record(query_at(t0), wire::question("www.example. A"));
  EXPECT_FALSE(recorder.is_on());
  EXPECT_EQ(recorder.copy(t0).size(), 0U);
  EXPECT_EQ(recorder.copy(t0).length(), Duration::zero());
}

}  // namespace
}  // namespace sluice
