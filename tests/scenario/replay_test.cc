// The replayer itself: that it does what a record says, answers what the record does not hold, and
// finds out an engine or a shell that loses something.
#include "tests/scenario/replay.h"

#include <gmock/gmock.h>

#include "tests/scenario/sample_record.h"

namespace sluice::scenario {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A replay that keeps the replies, and loses one if it is told to.
class WatchedReplay : public Replay {
 public:
  using Replay::Replay;
  void lose_reply(std::size_t number) { lost_ = number; }
  void double_replies() { copies_ = 2; }
  [[nodiscard]] const std::vector<std::uint16_t>& rcodes() const { return rcodes_; }

 protected:
  void deliver(const Respond& reply) override {
    rcodes_.push_back(wire::read(reply.message).rcode);
    if (rcodes_.size() - 1 == lost_) return;
    for (int i = 0; i < copies_; ++i) Replay::deliver(reply);
  }

 private:
  std::size_t lost_ = ~std::size_t{0};
  int copies_ = 1;
  std::vector<std::uint16_t> rcodes_;
};

constexpr std::uint16_t kNoerror = 0;
constexpr std::uint16_t kServfail = 2;

SampleRecord two_names() {
  return SampleRecord{}
      .ask("a.example. A", 1, 0ms)
      .start("a.example. A", 0ms)
      .ask("b.example. A", 2, 1ms)
      .start("b.example. A", 1ms)
      .answer(1, "b.example. A", 5ms)
      .answer(0, "a.example. A", 20ms);
}

TEST(Replay, RepeatsTheCourseOfTheRecord) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kNoerror, kNoerror));
  EXPECT_EQ(replay.audit().exchanges(), 2U);
  EXPECT_EQ(replay.audit().queries(), 2U);
}

TEST(Replay, KeepsTheOrderOfEventsAtOneInstant) {
  const SampleRecord sample = SampleRecord{}
                                  .ask("a.example. A", 1, 0ms)
                                  .start("a.example. A", 0ms)
                                  .ask("a.example. A", 2, 0ms)
                                  .answer(0, "a.example. A", 0ms);
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kNoerror, kNoerror));
  EXPECT_EQ(replay.audit().exchanges(), 1U) << "the second client joined the first one's question";
}

TEST(Replay, AnswersTheRetryOfASilentExchangeAsTheLastOneWas) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), Failure{0, Fault::silent}};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kNoerror, kNoerror));
  EXPECT_EQ(replay.audit().exchanges(), 3U);
}

TEST(Replay, GivesARefusalToTheExchangeThatFailsAlone) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), Failure{1, Fault::servfail}};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kServfail, kNoerror));
}

TEST(Replay, AnswersOverTcpWhatATruncatedResponseSendsThere) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), Failure{0, Fault::truncated}};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kNoerror, kNoerror));
  EXPECT_EQ(replay.audit().exchanges(), 3U);
}

TEST(Replay, StaysSilentWhereTheRecordDoes) {
  const SampleRecord sample = SampleRecord{}.ask("a.example. A", 1, 0ms).start("a.example. A", 0ms);
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kServfail));
}

TEST(Replay, LetsAnExchangeFailAtOnceThatTheRecordLeftSilent) {
  const SampleRecord sample = SampleRecord{}.ask("a.example. A", 1, 0ms).start("a.example. A", 0ms);
  WatchedReplay replay{sample.record(), Failure{0, Fault::refused}};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kServfail));
  EXPECT_EQ(replay.audit().exchanges(), 1U);
}

TEST(Replay, TakesAnExchangeThatNeverLeftForUnsent) {
  const SampleRecord sample = SampleRecord{}
                                  .ask("a.example. A", 1, 0ms)
                                  .start("a.example. A", 0ms)
                                  .end(0, ExchangeStatus::no_socket, 0ms);
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), ElementsAre(kServfail));
}

TEST(Replay, AsksInTheBackgroundWhereTheRecordDoes) {
  const SampleRecord sample = SampleRecord{}.refresh("a.example. A", 0ms);
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), IsEmpty());
  EXPECT_THAT(replay.rcodes(), IsEmpty());
  EXPECT_GE(replay.audit().exchanges(), 1U);
}

TEST(Replay, FindsALostReply) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), std::nullopt};
  replay.lose_reply(1);

  EXPECT_THAT(replay.run(), Contains(HasSubstr("never answered: a.example.")));
}

TEST(Replay, FindsASecondReply) {
  const SampleRecord sample = two_names();
  WatchedReplay replay{sample.record(), std::nullopt};
  replay.double_replies();

  EXPECT_THAT(replay.run(), Contains(HasSubstr("nobody waits for: b.example.")));
}

TEST(Replay, RefusesAConfigurationThatIsNone) {
  const SampleRecord sample{"[[zone]]\nname = \".\"\nupstream = \"nobody\"\n"};
  WatchedReplay replay{sample.record(), std::nullopt};

  EXPECT_THAT(replay.run(), Contains(HasSubstr("nobody")));
}

}  // namespace
}  // namespace sluice::scenario
