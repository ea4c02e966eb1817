// What an operator reads of the engine's last events, as text and as packets.
#include <gmock/gmock.h>

#include "resolver/recording_pcap.h"
#include "resolver/recording_text.h"
#include "tests/support/engine_scenario.h"
#include "tests/support/packets.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class RecordingScenario : public EngineScenario {
 protected:
  [[nodiscard]] Recording recording() { return engine().recorder().copy(now_); }
  /// The lines of the text.
  [[nodiscard]] std::vector<std::string> lines() {
    std::vector<std::string> all;
    const std::string text = to_text(recording());
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      all.push_back(text.substr(at, text.find('\n', at) - at));
    return all;
  }
};

TEST_F(RecordingScenario, TellsTheStoryOfAQuestion) {
  const ClientRef client = ask("www.example. A");
  ask_as(client, "www.example. A");
  ask("www.example. A");
  pass(33ms);
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  pass(1s);

  EXPECT_THAT(
      lines(),
      ElementsAre("-1.033000 query www.example. A from 198.51.100.7:1024 udp",
                  MatchesRegex("-1.033000 sent www.example. A to 192.0.2.53:53 udp, try 1, "
                               "[0-9]+ octets"),
                  "-1.033000 absorbed www.example. A from 198.51.100.7:1024 udp",
                  "-1.033000 joined www.example. A from 198.51.100.7:1025 udp",
                  MatchesRegex("-1.000000 outcome www.example. A of 192.0.2.53:53 udp after 33.000 "
                               "ms: NOERROR, [0-9]+ octets"),
                  "-1.000000 settled www.example. A upstream, 2 answered, 33.000 ms after its "
                  "first query"));
}

TEST_F(RecordingScenario, TellsOfAServerThatAnswersLate) {
  learn_rtt();
  ask("slow.example. A");
  const auto first = expect_exchange();
  pass(500ms);
  first.answer({"slow.example. 60 IN A 192.0.2.1"});
  const std::string text = to_text(recording());
  EXPECT_THAT(text, HasSubstr("timeout slow.example. A of 192.0.2.53:53 udp after 4"));
  EXPECT_THAT(text, HasSubstr("sent slow.example. A to 192.0.2.53:53 udp, try 2, "));
  EXPECT_THAT(text, HasSubstr("octets, late\n"));
}

/// The incident in small: a storm of reverse look-ups that fail or are never answered.
TEST_F(RecordingScenario, TellsWhyAQuestionOfAStormFailed) {
  for (int i = 0; i < 70; ++i)
    ask(std::to_string(i % 250) + "." + std::to_string(i / 250) + ".104.25.in-addr.arpa. PTR");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  pass(5s);
  ask("0.0.104.25.in-addr.arpa. PTR");

  const std::string text = to_text(recording());
  EXPECT_THAT(text, HasSubstr("waiting 63.0.104.25.in-addr.arpa. PTR as first_try\n"));
  EXPECT_THAT(text, HasSubstr("ms: SERVFAIL, "));
  EXPECT_THAT(text, HasSubstr("settled 0.0.104.25.in-addr.arpa. PTR failed upstream_servfail, 1 "
                              "answered, "));
  EXPECT_THAT(text, HasSubstr("settled 1.0.104.25.in-addr.arpa. PTR failed timeout, 1 answered, "));
}

TEST_F(RecordingScenario, NamesTheCauseOfAnAnswerMadeAtOnce) {
  ask("broken.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  ask("broken.example. A");
  EXPECT_THAT(lines().back(), HasSubstr("replied broken.example. A to 198.51.100.7:1025 udp, "
                                        "failed"));
}

TEST_F(RecordingScenario, IsAsciiWhateverIsAsked) {
  ask("a\\010b\\255.example. A");
  for (const char c : to_text(recording()))
    ASSERT_TRUE(c == '\n' || (c >= ' ' && c < '\x7f')) << static_cast<int>(c);
  EXPECT_THAT(lines().front(), HasSubstr("query a\\010b\\255.example. A from"));
}

TEST_F(RecordingScenario, BecomesPacketsWithTheServersAddressAndRightChecksums) {
  ask("www.example. A");
  const TimePoint asked = now_;
  pass(33ms);
  const auto exchange = expect_exchange();
  exchange.answer({"www.example. 60 IN A 192.0.2.1"}, {.id = exchange.query().id});

  const Duration offset = std::chrono::seconds{1'700'000'000};
  const auto found = packets::read(to_pcap(recording(), offset));
  ASSERT_THAT(found, SizeIs(2));
  const packets::Packet& query = found[0];
  const packets::Packet& response = found[1];
  EXPECT_EQ(query.time, asked.time_since_epoch() + offset);
  EXPECT_EQ(response.time - query.time, 33ms);
  EXPECT_EQ(query.destination.to_string(), "192.0.2.53:53");
  EXPECT_EQ(query.source.address.to_string(), "192.0.2.1");
  EXPECT_EQ(response.source, query.destination);
  EXPECT_EQ(response.destination, query.source);
  EXPECT_TRUE(query.has_right_checksums && response.has_right_checksums);
  EXPECT_EQ(wire::read(query.payload).question, "www.example. A");
  EXPECT_EQ(wire::read(response.payload).answer, wire::Records{"www.example. 60 IN A 192.0.2.1"});
}

TEST_F(RecordingScenario, BecomesPacketsOfIpv6Servers) {
  configure(R"(
[[upstream]]
name = "six"
servers = ["[2001:db8::53]:5353"]
[[zone]]
name = "."
upstream = "six"
)");
  ask("www.example. A");
  const auto found = packets::read(to_pcap(recording(), {}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].destination.to_string(), "[2001:db8::53]:5353");
  EXPECT_EQ(found[0].source.address.to_string(), "2001:db8::1");
  EXPECT_TRUE(found[0].has_right_checksums);
}

TEST_F(RecordingScenario, SaysHowLongAMessageWasThatItHasInPart) {
  ask("long.example. TXT");
  wire::Records records;
  for (int i = 0; i < 4; ++i)
    records.push_back("long.example. 60 IN TXT \"" + std::string(200, 'a') + std::to_string(i) +
                      "\"");
  expect_exchange().answer(records);
  const auto found = packets::read(to_pcap(recording(), {}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[1].payload.size(), FlightRecorder::kSnapLength);
  EXPECT_GT(found[1].payload_size, 800U);
}

}  // namespace
}  // namespace sluice
