#include "resolver/net/tcp_connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "resolver/dns/message.h"

namespace sluice::net {
namespace {

using Bytes = std::vector<std::byte>;

constexpr TimePoint t0{1000s};

Bytes message(std::size_t size, int fill = 1) { return Bytes(size, static_cast<std::byte>(fill)); }

Bytes framed(const Bytes& payload) {
  Bytes bytes(2);
  dns::write_u16(bytes, 0, static_cast<std::uint16_t>(payload.size()));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

class TcpConnectionTest : public ::testing::Test {
 protected:
  /// Puts bytes into the connection as the socket would; all of them must find room.
  void arrive(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto room = connection_.room();
      ASSERT_FALSE(room.empty());
      const std::size_t size = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), size, room.begin());
      connection_.received(size);
      bytes = bytes.subspan(size);
    }
  }
  /// Takes a whole message in, its reply to come later.
  bool take_one(TimePoint now = t0) {
    arrive(framed(message(12)));
    if (!connection_.next_message(now)) return false;
    connection_.expect_answer();
    return true;
  }
  void write_all(TimePoint now = t0) {
    while (!connection_.begin_write(now).empty()) connection_.written(now);
  }

  TcpConnection connection_{t0};
};

TEST_F(TcpConnectionTest, CutsMessagesOutOfTheStreamHoweverItIsSplit) {
  Bytes stream = framed(message(12, 1));
  const Bytes second = framed(message(300, 2));
  stream.insert(stream.end(), second.begin(), second.end());

  std::vector<Bytes> messages;
  for (const std::byte octet : stream) {
    arrive(std::span{&octet, 1});
    while (const auto next = connection_.next_message(t0)) messages.push_back(copy(*next));
  }

  EXPECT_EQ(messages, (std::vector{message(12, 1), message(300, 2)}));
}

TEST_F(TcpConnectionTest, TakesManyMessagesFromOneRead) {
  Bytes stream;
  for (int i = 0; i < 100; ++i) {
    const Bytes one = framed(message(12, i));
    stream.insert(stream.end(), one.begin(), one.end());
  }
  arrive(stream);

  int count = 0;
  while (const auto next = connection_.next_message(t0))
    EXPECT_EQ(copy(*next), message(12, count++));
  EXPECT_EQ(count, 100);
}

TEST_F(TcpConnectionTest, TakesTheLongestMessageThatThereIs) {
  arrive(framed(message(dns::kMaxMessageSize)));

  const auto next = connection_.next_message(t0);

  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->size(), dns::kMaxMessageSize);
  EXPECT_EQ(connection_.room().size(), TcpConnection::kUsualBuffer) << "and gives its room back";
}

TEST_F(TcpConnectionTest, WritesLengthAndPayloadTogether) {
  ASSERT_TRUE(connection_.add_reply(message(12, 1)));

  EXPECT_EQ(copy(connection_.begin_write(t0)), framed(message(12, 1)));
}

TEST_F(TcpConnectionTest, CollectsRepliesWhileAWriteIsUnderWay) {
  ASSERT_TRUE(connection_.add_reply(message(12, 1)));
  const auto first = connection_.begin_write(t0);
  ASSERT_TRUE(connection_.add_reply(message(13, 2)));
  ASSERT_TRUE(connection_.add_reply(message(14, 3)));

  EXPECT_TRUE(connection_.begin_write(t0).empty());
  EXPECT_EQ(copy(first), framed(message(12, 1))) << "the bytes of a write under way stay put";
  connection_.written(t0);

  Bytes both = framed(message(13, 2));
  const Bytes last = framed(message(14, 3));
  both.insert(both.end(), last.begin(), last.end());
  EXPECT_EQ(copy(connection_.begin_write(t0)), both);
}

TEST_F(TcpConnectionTest, ReadsNoFurtherWhileTooManyQueriesAreUnanswered) {
  for (std::size_t i = 0; i < TcpConnection::kMaxUnanswered; ++i) {
    ASSERT_TRUE(connection_.wants_input());
    ASSERT_TRUE(take_one());
  }
  EXPECT_FALSE(connection_.wants_input());

  ASSERT_TRUE(connection_.add_answer(message(12)));
  EXPECT_TRUE(connection_.wants_input());
}

TEST_F(TcpConnectionTest, KeepsWhatHasArrivedUntilAnAnswerMakesRoom) {
  Bytes stream;
  for (std::size_t i = 0; i <= TcpConnection::kMaxUnanswered; ++i) {
    const Bytes one = framed(message(12));
    stream.insert(stream.end(), one.begin(), one.end());
  }
  arrive(stream);
  for (std::size_t i = 0; i < TcpConnection::kMaxUnanswered; ++i) {
    ASSERT_TRUE(connection_.next_message(t0).has_value());
    connection_.expect_answer();
  }
  EXPECT_FALSE(connection_.next_message(t0).has_value());

  ASSERT_TRUE(connection_.add_answer(message(12)));
  EXPECT_TRUE(connection_.next_message(t0).has_value());
}

TEST_F(TcpConnectionTest, ReadsNoFurtherWhileItsClientDoesNotRead) {
  while (connection_.wants_input()) ASSERT_TRUE(connection_.add_reply(message(4'000)));

  write_all();
  EXPECT_TRUE(connection_.wants_input());
}

TEST_F(TcpConnectionTest, IsFinishedWhenRepliesPileUpBeyondItsBound) {
  std::size_t size = 0;
  for (; connection_.add_reply(message(4'094)); size += 4'096)
    ASSERT_FALSE(connection_.is_finished());

  EXPECT_EQ(size, TcpConnection::kMaxOutput);
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(TcpConnectionTest, AnswersWhatItOwesAfterItsInputHasEnded) {
  ASSERT_TRUE(take_one());
  connection_.end_input();
  EXPECT_FALSE(connection_.wants_input());
  EXPECT_FALSE(connection_.is_finished());

  ASSERT_TRUE(connection_.add_answer(message(12)));
  EXPECT_FALSE(connection_.is_finished()) << "the reply has still to be written";

  ASSERT_FALSE(connection_.begin_write(t0).empty());
  connection_.written(t0);
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(TcpConnectionTest, IsFinishedAtOnceIfNothingIsOwed) {
  EXPECT_FALSE(connection_.is_finished());
  connection_.end_input();
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(TcpConnectionTest, TakesNothingMoreFromAnEndedInput) {
  arrive(framed(message(12)));
  connection_.end_input();
  EXPECT_FALSE(connection_.next_message(t0).has_value());
}

TEST_F(TcpConnectionTest, CountsAsIdleFromItsLastWholeMessage) {
  EXPECT_EQ(connection_.idle_at(10s), t0 + 10s);

  arrive(framed(message(12)));
  ASSERT_TRUE(connection_.next_message(t0 + 4s).has_value());
  EXPECT_EQ(connection_.idle_at(10s), t0 + 14s);
}

TEST_F(TcpConnectionTest, PartOfAMessageDoesNotKeepItAlive) {
  const Bytes whole = framed(message(12));
  arrive(std::span{whole}.first(whole.size() - 1));
  EXPECT_FALSE(connection_.next_message(t0 + 9s).has_value());

  EXPECT_EQ(connection_.idle_at(10s), t0 + 10s);
}

TEST_F(TcpConnectionTest, AWrittenReplyKeepsItAliveButNotOneThatNobodyReads) {
  ASSERT_TRUE(connection_.add_reply(message(12)));
  ASSERT_FALSE(connection_.begin_write(t0).empty());
  EXPECT_EQ(connection_.idle_at(10s), t0 + 10s);

  connection_.written(t0 + 3s);
  EXPECT_EQ(connection_.idle_at(10s), t0 + 13s);
}

TEST_F(TcpConnectionTest, IsNotCutOffForTheTimeThatAnAnswerTakes) {
  ASSERT_TRUE(take_one(t0));
  EXPECT_TRUE(connection_.is_busy());
  EXPECT_EQ(connection_.idle_at(1s), t0 + TcpConnection::kAnswerPatience);

  ASSERT_TRUE(connection_.add_answer(message(12)));
  EXPECT_FALSE(connection_.is_busy());
  write_all(t0 + 4s);
  EXPECT_EQ(connection_.idle_at(1s), t0 + 5s);
}

TEST_F(TcpConnectionTest, IsCutOffIfAWriteDoesNotEndHoweverMuchItsClientAsks) {
  ASSERT_TRUE(connection_.add_reply(message(12)));
  ASSERT_FALSE(connection_.begin_write(t0 + 1s).empty());

  ASSERT_TRUE(take_one(t0 + 10s));
  EXPECT_EQ(connection_.idle_at(10s), t0 + 11s);

  connection_.written(t0 + 10s);
  EXPECT_EQ(connection_.idle_at(10s), t0 + 20s);
}

TEST_F(TcpConnectionTest, CountsAsIdleSoonerWhereTheTimeOutIsShortened) {
  EXPECT_EQ(connection_.idle_at(10s), t0 + 10s);
  EXPECT_EQ(connection_.idle_at(2s), t0 + 2s);
}

}  // namespace
}  // namespace sluice::net
