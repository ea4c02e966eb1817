#include "tests/lab/vpc.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "resolver/dns/presentation.h"

namespace sluice::lab {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A Vpc and one client of it on one loop and one thread.
class VpcTest : public testing::Test {
 protected:
  static constexpr Duration kPatience = 10s;  // only a broken build waits so long
  static constexpr std::int64_t kHourNs = 3'600'000'000'000;

  asio::ip::udp::endpoint udp_endpoint() const {
    return {asio::ip::address_v4::loopback(), vpc.endpoint().port};
  }
  asio::ip::tcp::endpoint tcp_endpoint() const {
    return {asio::ip::address_v4::loopback(), vpc.endpoint().port};
  }

  static Message query(std::string_view text, std::uint16_t id = 7) {
    const dns::Name name = dns::parse_name(text).value();
    Message message(dns::kHeaderSize);
    dns::write_u16(message, 0, id);
    dns::write_u16(message, 2, dns::Header::kRd);
    dns::write_u16(message, 4, 1);
    message.insert(message.end(), name.wire().begin(), name.wire().end());
    message.resize(message.size() + 4);
    dns::write_u16(message, message.size() - 4, static_cast<std::uint16_t>(dns::Type::a));
    dns::write_u16(message, message.size() - 2, static_cast<std::uint16_t>(dns::Class::in));
    return message;
  }

  void send(const Message& message) {
    client.send_to(asio::buffer(message.data(), message.size()), udp_endpoint());
  }

  /// The next datagram for the client.
  Message receive() {
    Message reply(4'096);
    std::optional<std::size_t> size;
    client.async_receive(asio::buffer(reply.data(), reply.size()),
                         [&size](error_code, std::size_t n) { size = n; });
    run_until([&size] { return size.has_value(); });
    reply.resize(size.value_or(0));
    return reply;
  }

  template <typename Condition>
  void run_until(const Condition& is_met) {
    const TimePoint deadline = Clock::now() + kPatience;
    while (!is_met() && io.run_one_until(deadline) != 0) {
    }
    EXPECT_TRUE(is_met());
  }

  static std::uint16_t rcode(const Message& reply) { return dns::Header::read(reply)->rcode(); }

  asio::io_context io{1};
  Vpc vpc{io, {.listen = {}, .limit = 20, .zones = {parse_zone(".=answer").value()}}};
  asio::ip::udp::socket client{io, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(VpcTest, AnswersOverUdp) {
  send(query("www.example", 0x4242));
  const Message reply = receive();
  EXPECT_EQ(dns::Header::read(reply)->id, 0x4242);
  EXPECT_EQ(dns::Header::read(reply)->answer_count, 1);
}

TEST_F(VpcTest, AnswersOverTcpAndCountsItsSegments) {
  asio::ip::tcp::socket tcp{io};
  tcp.connect(tcp_endpoint());
  Message message = query("www.example");
  const std::array<std::byte, 2> length{std::byte{0}, static_cast<std::byte>(message.size())};
  message.insert(message.begin(), length.begin(), length.end());
  asio::write(tcp, asio::buffer(message.data(), message.size()));

  std::array<std::byte, 2> reply_length{};
  bool is_read = false;
  asio::async_read(tcp, asio::buffer(reply_length.data(), reply_length.size()),
                   [&is_read](error_code ec, std::size_t) { is_read = !ec; });
  run_until([&is_read] { return is_read; });

  EXPECT_GT(dns::read_u16(reply_length, 0), message.size());
  EXPECT_GE(vpc.summary().tcp_packets, 3U);  // SYN, ACK, data
  EXPECT_EQ(vpc.summary().distinct_questions, 1U);
}

TEST_F(VpcTest, DropsWhatIsOverTheLimitWithoutATrace) {
  for (std::uint16_t id = 0; id < 50; ++id) send(query("www.example", id));
  for (std::uint16_t id = 0; id < 20; ++id) EXPECT_EQ(dns::Header::read(receive())->id, id);
  run_until([this] { return vpc.summary().packets == 50; });

  EXPECT_EQ(vpc.summary().dropped, 30U);
  EXPECT_EQ(vpc.summary().worst_1s, 50U);
  EXPECT_EQ(client.available(), 0U);
}

TEST_F(VpcTest, TakesANewLimitAtOnce) {
  vpc.set_limit(0);
  for (std::uint16_t id = 0; id < 50; ++id) send(query("www.example", id));
  for (std::uint16_t id = 0; id < 50; ++id) EXPECT_EQ(dns::Header::read(receive())->id, id);
  EXPECT_EQ(vpc.summary().dropped, 0U);
}

TEST_F(VpcTest, RecordsWhenThePacketCameNotWhenItWasRead) {
  // The kernel turns its time stamps on a moment after the first socket asks for them.
  vpc.set_limit(0);
  bool is_stamped_by_kernel = false;
  for (int i = 0; i < 1'000 && !is_stamped_by_kernel; ++i) {
    send(query("www.example"));
    const std::int64_t sent_ns = realtime_ns();
    (void)receive();
    is_stamped_by_kernel = vpc.record().arrivals().back().at_ns <= sent_ns;
  }
  EXPECT_TRUE(is_stamped_by_kernel);
}

TEST_F(VpcTest, DelaysRepliesByTheirZone) {
  vpc.set_zone("slow.example=servfail,delay=50ms");
  const TimePoint asked = Clock::now();
  send(query("www.slow.example", 1));
  send(query("www.example", 2));

  EXPECT_EQ(dns::Header::read(receive())->id, 2);
  const Message slow = receive();
  EXPECT_EQ(dns::Header::read(slow)->id, 1);
  EXPECT_EQ(rcode(slow), static_cast<std::uint16_t>(dns::Rcode::servfail));
  EXPECT_GE(Clock::now() - asked, 50ms);
}

TEST_F(VpcTest, ReplacesAZoneWhileItRuns) {
  vpc.set_zone("example=servfail");
  send(query("www.example"));
  EXPECT_EQ(rcode(receive()), static_cast<std::uint16_t>(dns::Rcode::servfail));
  vpc.set_zone("example=nxdomain");
  send(query("www.example"));
  EXPECT_EQ(rcode(receive()), static_cast<std::uint16_t>(dns::Rcode::nxdomain));
  EXPECT_EQ(vpc.zones().size(), 2U);
}

TEST_F(VpcTest, LosesTheShareOfPacketsItIsToldTo) {
  vpc.set_zone("gone.example=answer,loss=1");
  send(query("www.gone.example", 1));
  send(query("www.example", 2));
  EXPECT_EQ(dns::Header::read(receive())->id, 2);
  EXPECT_EQ(vpc.summary().lost, 1U);
}

TEST_F(VpcTest, RecordsWhatComesInASilenceAndAnswersNoneOfIt) {
  const std::int64_t now_ns = realtime_ns();
  vpc.be_silent({.from_ns = now_ns - 1, .until_ns = now_ns + kHourNs});
  send(query("gone.example", 1));
  run_until([this] { return vpc.summary().silence.packets == 1; });
  vpc.be_silent({.from_ns = now_ns - kHourNs, .until_ns = realtime_ns()});
  send(query("www.example", 2));
  EXPECT_EQ(dns::Header::read(receive())->id, 2);
  EXPECT_EQ(vpc.summary().packets, 2U);
}

TEST_F(VpcTest, SendsNoDelayedReplyIntoASilence) {
  vpc.set_zone("slow.example=answer,delay=10ms");
  send(query("www.slow.example", 1));
  run_until([this] { return vpc.summary().packets == 1; });
  const std::int64_t now_ns = realtime_ns();
  vpc.be_silent({.from_ns = now_ns, .until_ns = now_ns + 30'000'000});
  asio::steady_timer end{io, 31ms};
  bool is_over = false;
  end.async_wait([&is_over](error_code) { is_over = true; });
  run_until([&is_over] { return is_over; });
  send(query("www.example", 2));
  EXPECT_EQ(dns::Header::read(receive())->id, 2);
  EXPECT_EQ(client.available(), 0U);
}

TEST_F(VpcTest, IsSilentOverTcpAsWell) {
  const std::int64_t now_ns = realtime_ns();
  vpc.be_silent({.from_ns = now_ns - 1, .until_ns = now_ns + kHourNs});
  asio::ip::tcp::socket tcp{io};
  tcp.connect(tcp_endpoint());
  Message message = query("www.example");
  const std::array<std::byte, 2> length{std::byte{0}, static_cast<std::byte>(message.size())};
  message.insert(message.begin(), length.begin(), length.end());
  asio::write(tcp, asio::buffer(message.data(), message.size()));
  run_until([this] { return vpc.summary().distinct_questions == 1; });
  EXPECT_EQ(tcp.available(), 0U);
}

TEST(VpcOptions, PlanASilence) {
  asio::io_context io{1};
  const std::int64_t before_ns = realtime_ns();
  const Vpc vpc{io, {.silent_from = 5s, .silent_for = 30s}};
  const TimeWindow window = vpc.summary().silence.window;
  EXPECT_GE(window.from_ns, before_ns + 5'000'000'000);
  EXPECT_EQ(window.until_ns - window.from_ns, 30'000'000'000);
  EXPECT_TRUE((Vpc{io, {}}.summary().silence.window.is_empty()));
}

TEST_F(VpcTest, RejectsWhatIsNoQueryAndStillCountsIt) {
  Message no_question = query("www.example", 3);
  dns::write_u16(no_question, 4, 0);
  send(no_question);
  EXPECT_EQ(rcode(receive()), static_cast<std::uint16_t>(dns::Rcode::formerr));
  EXPECT_EQ(vpc.summary().packets, 1U);
  EXPECT_EQ(vpc.summary().distinct_questions, 0U);
}

TEST_F(VpcTest, RefusesSendersOnceItIsClosed) {
  const auto endpoint = udp_endpoint();
  vpc.close();
  client.connect(endpoint);
  const Message message = query("www.example");
  client.send(asio::buffer(message.data(), message.size()));
  std::optional<error_code> outcome;
  std::array<std::byte, 64> reply{};
  client.async_receive(asio::buffer(reply.data(), reply.size()),
                       [&outcome](error_code ec, std::size_t) { outcome = ec; });
  run_until([&outcome] { return outcome.has_value(); });
  EXPECT_EQ(outcome, asio::error::connection_refused);
}

TEST(VpcAddress, ThatIsTakenIsAnError) {
  asio::io_context io{1};
  const Vpc first{io, {}};
  EXPECT_THROW((Vpc{io, {.listen = first.endpoint()}}), boost::system::system_error);
}

}  // namespace
}  // namespace sluice::lab
