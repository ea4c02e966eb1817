#include "tests/lab/arrival_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "resolver/dns/presentation.h"
#include "tests/lab/arrival_summary.h"

namespace sluice::lab {
namespace {

constexpr std::int64_t kMs = 1'000'000;

dns::Question question(std::string_view name) {
  return {.name = dns::parse_name(name).value(), .type = dns::Type::a};
}

TEST(ArrivalRecord, KnowsAQuestionAgain) {
  ArrivalRecord record{10};
  const std::uint32_t first = record.intern(question("a.example"), 0);
  const std::uint32_t second = record.intern(question("b.example"), 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(record.intern(question("a.example"), 0), first);
  EXPECT_EQ(record.question_count(), 2U);
  EXPECT_EQ(record.question(second), question("b.example"));
}

TEST(ArrivalRecord, TellsTypesApart) {
  ArrivalRecord record{10};
  dns::Question other = question("a.example");
  other.type = dns::Type::aaaa;
  EXPECT_NE(record.intern(question("a.example"), 0), record.intern(other, 0));
}

TEST(ArrivalRecord, CountsWhatIsAboveItsBound) {
  ArrivalRecord record{2};
  for (int i = 0; i < 5; ++i) record.add({.at_ns = i});
  EXPECT_EQ(record.arrivals().size(), 2U);
  EXPECT_EQ(record.unrecorded(), 3U);

  EXPECT_EQ(record.intern(question("a.example"), 0), 0U);
  EXPECT_EQ(record.intern(question("b.example"), 0), 1U);
  EXPECT_EQ(record.intern(question("c.example"), 0), kNoQuestion);
  EXPECT_EQ(record.intern(question("a.example"), 0), 0U);
}

class RecordedMinute : public testing::Test {
 protected:
  RecordedMinute() {
    const std::uint32_t fast = record.intern(question("www.example"), 0);
    const std::uint32_t slow = record.intern(question("www.slow.example"), 1);
    record.add({.at_ns = 60'000 * kMs, .question = fast, .zone = 0});
    record.add({.at_ns = 50 * kMs, .question = slow, .zone = 1});
    record.add({.at_ns = 0, .question = slow, .zone = 1, .fate = Fate::lost});
    record.add({.at_ns = 900 * kMs, .question = slow, .zone = 1, .fate = Fate::dropped});
    record.add({.at_ns = 900 * kMs, .transport = Transport::tcp});
  }

  const std::vector<ZoneBehaviour> zones{parse_zone("example=answer").value(),
                                         parse_zone("slow.example=servfail").value(),
                                         parse_zone("idle.example=answer").value()};
  ArrivalRecord record{10};
};

TEST_F(RecordedMinute, IsSummedUp) {
  const ArrivalSummary summary = summarise(record, zones);
  EXPECT_EQ(summary.packets, 5U);
  EXPECT_EQ(summary.udp_packets, 4U);
  EXPECT_EQ(summary.tcp_packets, 1U);
  EXPECT_EQ(summary.dropped, 1U);
  EXPECT_EQ(summary.lost, 1U);
  EXPECT_EQ(summary.distinct_questions, 2U);
  EXPECT_DOUBLE_EQ(summary.packets_per_question(), 2.5);
  EXPECT_DOUBLE_EQ(summary.seconds, 60);
}

TEST_F(RecordedMinute, HasItsWorstWindowsInTheOrderOfTimeNotOfReading) {
  const ArrivalSummary summary = summarise(record, zones);
  EXPECT_EQ(summary.worst_1s, 4U);
  EXPECT_EQ(summary.worst_100ms, 2U);
  EXPECT_EQ(summary.worst_10ms, 2U);
  EXPECT_EQ(summary.worst_1ms, 2U);
}

TEST_F(RecordedMinute, CountsByZoneAndLeavesOutIdleOnes) {
  const ArrivalSummary summary = summarise(record, zones);
  ASSERT_EQ(summary.zones.size(), 2U);
  EXPECT_EQ(summary.zones[1].zone, "slow.example.");
  EXPECT_EQ(summary.zones[1].packets, 3U);
  EXPECT_EQ(summary.zones[1].dropped, 1U);
  EXPECT_EQ(summary.zones[1].distinct_questions, 1U);
}

TEST_F(RecordedMinute, GoesIntoJson) {
  const nlohmann::json json = to_json(summarise(record, zones));
  EXPECT_EQ(json.at("packets"), 5);
  EXPECT_EQ(json.at("worst").at("1s"), 4);
  EXPECT_EQ(json.at("zones").at(1).at("packets_per_question"), 3.0);
}

TEST_F(RecordedMinute, GoesIntoOneCsvLineForEachPacket) {
  std::ostringstream out;
  record.write_csv(out, zones);
  EXPECT_EQ(out.str(),
            "arrival_ns,transport,fate,zone,name,type\n"
            "60000000000,udp,passed,example.,www.example.,A\n"
            "50000000,udp,passed,slow.example.,www.slow.example.,A\n"
            "0,udp,lost,slow.example.,www.slow.example.,A\n"
            "900000000,udp,dropped,slow.example.,www.slow.example.,A\n"
            "900000000,tcp,passed,,,\n");
}

TEST_F(RecordedMinute, HasWhatArrivedInASilenceSummedUp) {
  const SilenceSummary silence =
      summarise_silence(record, {.from_ns = 50 * kMs, .until_ns = 60'000 * kMs});
  EXPECT_EQ(silence.packets, 3U);  // at 50 ms and twice at 900 ms; one at its end is outside
  EXPECT_EQ(silence.distinct_questions, 1U);
  EXPECT_EQ(silence.worst_1s, 3U);
  EXPECT_NEAR(silence.mean_per_second(), 3 / 59.95, 1e-9);
}

TEST(ArrivalSummary, SpeaksOfASilenceOnlyIfThereWasOne) {
  ArrivalSummary summary;
  EXPECT_TRUE(to_json(summary).at("silence").is_null());
  EXPECT_EQ(to_text(summary).find("silent"), std::string::npos);
  summary.silence = {.window = {.from_ns = 0, .until_ns = 30'000 * kMs}, .packets = 60};
  EXPECT_EQ(to_json(summary).at("silence").at("mean_per_second"), 2.0);
  EXPECT_NE(to_text(summary).find("while it was silent"), std::string::npos);
}

TEST(ArrivalSummary, OfNothingIsAllZero) {
  const ArrivalSummary summary = summarise(ArrivalRecord{10}, {});
  EXPECT_EQ(summary.packets, 0U);
  EXPECT_EQ(summary.worst_1s, 0U);
  EXPECT_DOUBLE_EQ(summary.packets_per_question(), 0);
}

TEST(ArrivalSummary, SaysWhenARunIsInvalid) {
  ArrivalSummary summary;
  EXPECT_EQ(to_text(summary).find("INVALID"), std::string::npos);
  summary.receive_overflows = 7;
  EXPECT_NE(to_text(summary).find("INVALID"), std::string::npos);
}

}  // namespace
}  // namespace sluice::lab
