// The bounds of dnstap; that a collector gets what it should is tested with a real one
// (tests/system/traces_test.py).
#include "resolver/net/dnstap_writer.h"

#include <gtest/gtest.h>

#include "resolver/net/dnstap.h"
#include "tests/support/wire.h"

namespace sluice::net {
namespace {

TEST(DnstapWriter, HasNoRoomAndCountsADropWhileNobodyListens) {
  DnstapWriter writer{"/nonexistent/dnstap.sock", 1, 1'000};
  EXPECT_TRUE(writer.take_room().empty());
  EXPECT_TRUE(writer.take_room().empty());
  EXPECT_EQ(writer.dropped(), 2U);
  EXPECT_EQ(writer.sent(), 0U);
}

TEST(Dnstap, CountsOnlyWhatIsWanted) {
  Dnstap dnstap{{.socket = "/nonexistent/dnstap.sock",
                 .identity = "host",
                 .messages = conf::DnstapMessages{0b1000},
                 .sample = 1},
                1};
  dnstap.send(0, {.kind = conf::DnstapMessage::forwarder_query});
  EXPECT_EQ(dnstap.dropped(), 0U);
  dnstap.send(0, {.kind = conf::DnstapMessage::forwarder_response});
  EXPECT_EQ(dnstap.dropped(), 1U);
}

TEST(DnstapForm, HasRoomForTheLongestMessage) {
  const DnstapForm form{std::string(DnstapForm::kMaxIdentity, 'i')};
  const wire::Bytes octets(dns::kMaxMessageSize, std::byte{1});
  std::vector<std::byte> out(DnstapForm::kMaxSize);
  const auto now = std::chrono::system_clock::now();
  const std::size_t size = form.write({.kind = conf::DnstapMessage::client_response,
                                       .initiator = *Endpoint::parse("[2001:db8::7]:40000", 0),
                                       .responder = *Endpoint::parse("[2001:db8::53]:53", 0),
                                       .query_time = now,
                                       .response_time = now,
                                       .octets = octets},
                                      out);
  EXPECT_GT(size, octets.size());
  EXPECT_LE(size, out.size());
}

}  // namespace
}  // namespace sluice::net
