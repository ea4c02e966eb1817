// The bounds of dnstap; that a collector gets what it should is tested with a real one
// (tests/system/traces_test.py).
#include "resolver/net/dnstap_writer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "resolver/net/dnstap.h"
#include "tests/support/wire.h"

#ifdef __SANITIZE_THREAD__
/// libfstrm is not instrumented, so that ThreadSanitizer does not see the barriers of its ring.
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libfstrm"; }
#endif

namespace sluice::net {
namespace {

/// A collector that greets one sender and then reads nothing.
class LazyCollector {
 public:
  LazyCollector() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_, 1) != 0)
      throw std::runtime_error{"no socket to listen at"};
    thread_ = std::thread{[this] { greet(); }};
  }
  ~LazyCollector() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
    ::close(sender_);
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return folder_ + "/dnstap.sock"; }

 private:
  /// Takes READY, which says what the sender can send, and answers ACCEPT with the same.
  void greet() {
    sender_ = ::accept(listening_, nullptr, nullptr);
    std::array<std::byte, 256> frame{};
    ::recv(sender_, frame.data(), 8, MSG_WAITALL);
    const std::size_t size = dns::read_u32(frame, 4);
    ::recv(sender_, frame.data() + 8, size, MSG_WAITALL);
    constexpr std::uint32_t kAccept = 1;
    dns::write_u32(frame, 8, kAccept);
    ::send(sender_, frame.data(), 8 + size, MSG_NOSIGNAL);
  }

  std::string folder_ = [] {
    std::string pattern = ::testing::TempDir() + "dnstap-XXXXXX";
    return std::string{::mkdtemp(pattern.data())};
  }();
  int listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int sender_ = -1;
  std::thread thread_;
};

/// Asks until `has_come` says so; false if that takes more than 10 s.
template <typename F>
bool comes_about(F&& has_come) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!has_come()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(DnstapWriter, HasRoomForSoManyFramesUntilTheyAreWritten) {
  LazyCollector collector;
  DnstapWriter writer{collector.path(), 1, 1'000};
  std::vector<std::span<std::byte>> frames;
  const auto take = [&] {
    const auto room = writer.take_room();
    if (!room.empty()) frames.push_back(room);
    return !room.empty();
  };
  ASSERT_TRUE(comes_about(take));
  while (take()) continue;
  EXPECT_EQ(frames.size(), DnstapWriter::kFrames);

  const std::uint64_t dropped = writer.dropped();
  for (const auto& frame : frames) writer.send(0, frame, 8);
  EXPECT_TRUE(comes_about([&] { return writer.sent() == DnstapWriter::kFrames; }));
  EXPECT_EQ(writer.dropped(), dropped);
  EXPECT_FALSE(writer.take_room().empty());
}

TEST(DnstapWriter, LeavesACollectorThatReadsNothingAndCountsWhatItDidNotTake) {
  LazyCollector collector;
  DnstapWriter writer{collector.path(), 1, 60'000};
  ASSERT_TRUE(comes_about([&] {
    const auto room = writer.take_room();
    if (!room.empty()) writer.send(0, room, 60'000);
    return !room.empty();
  }));
  std::uint64_t offered = 1;
  for (; offered < DnstapWriter::kFrames; ++offered) {
    const auto room = writer.take_room();
    if (room.empty()) break;
    writer.send(0, room, 60'000);
  }
  EXPECT_TRUE(comes_about([&] { return writer.take_room().empty(); })) << "it has been left";
  EXPECT_LT(writer.sent(), offered);
}

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
