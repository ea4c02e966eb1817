#include "resolver/app/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace sluice::app {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// A folder for one socket.
class ControlClient : public ::testing::Test {
 protected:
  ControlClient() {
    std::string pattern = ::testing::TempDir() + "sluice-XXXXXX";
    folder = mkdtemp(pattern.data());
    path = folder + "/control.sock";
  }
  ~ControlClient() override { std::filesystem::remove_all(folder); }

  /// A socket that listens on `path`.
  [[nodiscard]] int listen_here() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    return listener;
  }

  /// What ask_daemon() says to a daemon that replies with `bytes` and closes.
  [[nodiscard]] Result<std::string, ControlFailure> ask_one_that_says(
      const std::string& bytes, ControlBounds bounds = {}) const {
    const int listener = listen_here();
    std::thread daemon{[&] {
      const int peer = accept(listener, nullptr, nullptr);
      (void)send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      close(peer);
    }};
    auto reply = ask_daemon(path, "{}", bounds);
    daemon.join();
    close(listener);
    return reply;
  }

  std::string folder;
  std::string path;
};

TEST_F(ControlClient, ReadsTheReplyOfADaemonThatClosesWithoutReading) {
  const auto reply = ask_one_that_says("{\"a\":1}\n");
  ASSERT_TRUE(reply.has_value()) << reply.error().reason;
  EXPECT_EQ(reply.value(), "{\"a\":1}");
}

TEST_F(ControlClient, ReadsAReplyOfManyMebibytes) {
  const std::string dump(std::size_t{20} << 20, 'x');
  const auto reply = ask_one_that_says(dump + "\n");
  ASSERT_TRUE(reply.has_value()) << reply.error().reason;
  EXPECT_EQ(reply.value().size(), dump.size());
}

TEST_F(ControlClient, ReadsNoReplyBeyondItsBound) {
  const auto reply = ask_one_that_says(std::string(1 << 20, 'x') + "\n", {.reply_bytes = 4'096});
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("longer than 4096 octets"));
}

TEST_F(ControlClient, WaitsForASilentDaemonAsLongAsItMay) {
  const int listener = listen_here();
  const auto reply = ask_daemon(path, "{}", {.patience = 50ms});
  close(listener);
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("did not answer within 0.05 s"));
}

TEST_F(ControlClient, SaysThatAReplyWasCutShort) {
  const auto reply = ask_one_that_says("{\"a\":");
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("without an answer"));
}

TEST_F(ControlClient, SaysThatNoDaemonRuns) {
  const auto reply = ask_daemon(path, "{}");
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("no daemon: there is no socket at " + path));
}

TEST_F(ControlClient, SaysThatTheDaemonHasStopped) {
  close(listen_here());
  const auto reply = ask_daemon(path, "{}");
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("no daemon: nobody answers at " + path));
}

TEST_F(ControlClient, SaysWhichPathIsTooLong) {
  const auto reply = ask_daemon(std::string(108, 'x'), "{}");
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().reason, HasSubstr("longer than"));
}

}  // namespace
}  // namespace sluice::app
