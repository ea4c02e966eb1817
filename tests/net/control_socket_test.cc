#include "resolver/net/control_socket.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "tests/net/admin_fixture.h"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using metrics::AdminMetric;
using nlohmann::json;
using ::testing::HasSubstr;
using Protocol = asio::local::stream_protocol;

/// A blocking client that says exactly what it is told.
class Client {
 public:
  explicit Client(const std::string& path) { socket_.connect(Protocol::endpoint{path}); }

  void send(const std::string& bytes) {
    boost::system::error_code ignored;  // the server may have closed already
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  /// All that comes until the server closes.
  std::string read_to_end() {
    std::string in;
    boost::system::error_code ignored;
    asio::read(socket_, asio::dynamic_buffer(in), ignored);
    return in;
  }

 private:
  asio::io_context loop_;
  Protocol::socket socket_{loop_};
};

class ControlSocketTest : public AdminFixture {
 protected:
  ControlSocketTest() {
    std::string pattern = ::testing::TempDir() + "sluice-XXXXXX";
    folder = mkdtemp(pattern.data());
    path = folder + "/run/control.sock";
  }
  ~ControlSocketTest() override {
    stop();
    control.reset();
    std::filesystem::remove_all(folder);
  }

  std::optional<std::string> listen(ControlLimits limits = {}) {
    control = std::make_unique<ControlSocket>(admin.loop, sources, limits);
    return control->listen(path);
  }
  void serve(ControlLimits limits = {}) {
    const auto problem = listen(limits);
    ASSERT_FALSE(problem.has_value()) << *problem;
    start();
  }

  [[nodiscard]] std::string ask_text(const std::string& request) const {
    Client client{path};
    client.send(request);
    return client.read_to_end();
  }
  [[nodiscard]] json ask(const std::string& verb) const {
    return json::parse(ask_text(json{{"verb", verb}}.dump() + "\n"), nullptr, false);
  }
  [[nodiscard]] std::string error_of(const std::string& request) const {
    return json::parse(ask_text(request)).at("error").get<std::string>();
  }

  std::string folder;
  std::string path;
  std::unique_ptr<ControlSocket> control;
};

TEST_F(ControlSocketTest, IsForItsUserAndGroupAlone) {
  serve();
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST_F(ControlSocketTest, AnswersOneLineAndCloses) {
  serve();
  EXPECT_EQ(ask_text("{\"verb\":\"version\"}\n"), "{\"version\":\"" SLUICE_VERSION "\"}\n");
  EXPECT_EQ(counted(AdminMetric::requests_control), 1U);
}

TEST_F(ControlSocketTest, RemovesItsFileAtTheEnd) {
  serve();
  stop();
  control.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ControlSocketTest, LeavesAFileThatAnotherHasPutInItsPlace) {
  serve();
  std::filesystem::remove(path);
  std::ofstream{path} << "not ours";
  stop();
  control.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ControlSocketTest, ReplacesASocketOnWhichNobodyAnswers) {
  std::filesystem::create_directories(folder + "/run");
  {
    asio::io_context loop;
    const Protocol::acceptor crashed{loop, Protocol::endpoint{path}};
  }
  ASSERT_TRUE(std::filesystem::exists(path));

  serve();
  EXPECT_EQ(ask("version").at("version"), SLUICE_VERSION);
}

TEST_F(ControlSocketTest, LeavesTheSocketOfALivingDaemon) {
  serve();
  ControlSocket second{admin.loop, sources};
  const auto problem = second.listen(path);
  ASSERT_TRUE(problem.has_value());
  EXPECT_THAT(*problem, HasSubstr("another daemon"));
  EXPECT_EQ(ask("version").at("version"), SLUICE_VERSION);
  stop();
}

TEST_F(ControlSocketTest, LeavesAFileThatIsNoSocket) {
  std::filesystem::create_directories(folder + "/run");
  std::ofstream{path} << "precious";
  const auto problem = listen();
  ASSERT_TRUE(problem.has_value());
  EXPECT_THAT(*problem, HasSubstr("no socket"));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(ControlSocketTest, RefusesAPathThatNoSocketCanHave) {
  path = folder + "/" + std::string(120, 'x');
  EXPECT_TRUE(listen().has_value());
}

TEST_F(ControlSocketTest, RefusesARequestBeyondItsBound) {
  serve({.request_bytes = 64});
  EXPECT_THAT(error_of(std::string(65, ' ') + "\n"), HasSubstr("too long"));
  EXPECT_EQ(counted(AdminMetric::refused_control_request), 1U);
}

TEST_F(ControlSocketTest, IsNotDelayedByASlowClientAndClosesItsConnection) {
  serve({.timeout = 300ms});
  Client slow{path};
  slow.send("{\"verb\":");
  EXPECT_EQ(ask("version").at("version"), SLUICE_VERSION);
  EXPECT_EQ(slow.read_to_end(), "");
}

TEST_F(ControlSocketTest, ClosesConnectionsBeyondItsBound) {
  serve({.connections = 1, .timeout = 300ms});
  Client first{path};
  EXPECT_EQ(Client{path}.read_to_end(), "");
  EXPECT_EQ(counted(AdminMetric::refused_control_connections), 1U);

  EXPECT_EQ(first.read_to_end(), "");  // its time is over
  EXPECT_EQ(ask("version").at("version"), SLUICE_VERSION);
}

TEST_F(ControlSocketTest, RefusesAStrangerWhateverTheModeOfTheFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  serve();
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);

  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {  // only system calls from here on: the parent has threads
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    std::array<char, 256> reply{};
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (setgroups(0, nullptr) != 0 || setgid(65'534) != 0 || setuid(65'534) != 0) _exit(1);
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) _exit(2);
    const ssize_t size = read(descriptor, reply.data(), reply.size());
    _exit(size > 0 && write(pipe_ends[1], reply.data(), static_cast<std::size_t>(size)) == size
              ? 0
              : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  std::array<char, 256> reply{};
  EXPECT_GT(read(pipe_ends[0], reply.data(), reply.size() - 1), 0);
  EXPECT_THAT(reply.data(), HasSubstr("only root"));
  EXPECT_EQ(counted(AdminMetric::refused_control_peer), 1U);
  EXPECT_EQ(counted(AdminMetric::requests_control), 0U);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_F(ControlSocketTest, EndsWhileARequestStillWaitsForTheEngine) {
  is_engine_silent = true;
  serve();
  Client client{path};
  client.send("{\"verb\":\"zones\"}\n");
  EXPECT_EQ(ask("version").at("version"), SLUICE_VERSION);
}

TEST_F(ControlSocketTest, ToldAnUnknownVerbListsThoseItKnows) {
  serve();
  const std::string error = error_of("{\"verb\":\"dance\"}\n");
  for (const char* verb :
       {"status", "stats", "zones", "upstreams", "budget", "requests", "reload", "version"}) {
    EXPECT_THAT(error, HasSubstr(verb));
    EXPECT_FALSE(ask(verb).is_discarded()) << verb;
    EXPECT_FALSE(ask(verb).contains("error")) << verb;
  }
}

TEST_F(ControlSocketTest, SaysWhatARequestMustBe) {
  serve();
  for (const char* request : {"\n", "status\n", "[1]\n", "{}\n", "{\"verb\":1}\n", "{\"verb\"\n"})
    EXPECT_THAT(error_of(request), HasSubstr("the request must be")) << request;
  EXPECT_THAT(error_of(std::string(4'000, '[') + "\n"), HasSubstr("the request must be"));
}

TEST_F(ControlSocketTest, ShowsTheProcess) {
  process.set(metrics::ProcessMetric::in_flight, 12);
  process.set(metrics::ProcessMetric::cache_bytes, 4'096);
  serve();

  const json status = ask("status");
  EXPECT_EQ(status.at("version"), SLUICE_VERSION);
  EXPECT_EQ(status.at("pid"), getpid());
  EXPECT_GE(status.at("uptime_seconds"), 90);
  EXPECT_EQ(status.at("config"), "/etc/sluice/sluice.toml");
  EXPECT_EQ(status.at("listen"), json{"127.0.0.53:53"});
  EXPECT_EQ(status.at("threads"), 2);
  EXPECT_EQ(status.at("in_flight"), 12);
  EXPECT_EQ(status.at("in_flight_max"), 8'192);
  EXPECT_EQ(status.at("cache").at("bytes"), 4'096);
  EXPECT_EQ(status.at("engine_answers"), true);
}

TEST_F(ControlSocketTest, ShowsTheProcessEvenIfTheEngineIsSilent) {
  is_engine_silent = true;
  sources.patience.ping = 20ms;
  serve();
  EXPECT_EQ(ask("status").at("engine_answers"), false);
}

TEST_F(ControlSocketTest, ShowsEveryCounterUnderTheNameOfItsSeries) {
  process.set(metrics::ProcessMetric::cache_entries, 5);
  serve();
  const json stats = ask("stats");
  EXPECT_EQ(stats.at("sluice_cache_entries"), 5);
  EXPECT_EQ(stats.at("sluice_admin_requests_total{by=\"control\"}"), 1);
}

TEST_F(ControlSocketTest, ShowsWhatTheEngineDoes) {
  EngineSnapshot::Zone& rule = snapshot.zones.emplace_back();
  rule.name = "in-addr.arpa.";
  rule.amplification = 2;
  rule.queue_oldest = 250ms;
  EngineSnapshot::Server& asked = snapshot.servers.emplace_back();
  asked.address = *Endpoint::parse("192.0.2.53:53", 0);
  asked.srtt = 1'500us;
  snapshot.budgets.emplace_back().limit = 1'024;
  snapshot.requests.emplace_back().age = 20ms;
  snapshot.requests_cut = true;
  serve();

  const json zone = ask("zones").at(0);
  EXPECT_EQ(zone.at("zone"), "in-addr.arpa.");
  EXPECT_EQ(zone.at("amplification"), 2);
  EXPECT_EQ(zone.at("queue_oldest_ms"), 250);
  const json server = ask("upstreams").at(0);
  EXPECT_EQ(server.at("server"), "192.0.2.53:53");
  EXPECT_EQ(server.at("srtt_ms"), 1.5);
  EXPECT_EQ(ask("budget").at(0).at("limit"), 1'024);
  const json requests = ask("requests");
  EXPECT_EQ(requests.at("cut"), true);
  EXPECT_EQ(requests.at("requests").at(0).at("name"), ".");
  EXPECT_EQ(requests.at("requests").at(0).at("server"), nullptr);
  EXPECT_EQ(requests.at("requests").at(0).at("age_ms"), 20);
}

TEST_F(ControlSocketTest, GivesUpOnASilentEngineAndAsksItOnlyOnce) {
  is_engine_silent = true;
  sources.patience.snapshot = 20ms;
  serve();
  EXPECT_THAT(error_of("{\"verb\":\"zones\"}\n"), HasSubstr("engine did not answer"));
  EXPECT_THAT(error_of("{\"verb\":\"budget\"}\n"), HasSubstr("engine did not answer"));
  EXPECT_EQ(snapshots_asked, 1);
  EXPECT_EQ(counted(AdminMetric::engine_silent), 2U);
}

TEST_F(ControlSocketTest, ReloadsAndListsWhatIsWrong) {
  problems = {"sluice.toml:3: zone[1].weight: 0 is below 1"};
  serve();
  const json reply = ask("reload");
  EXPECT_THAT(reply.at("error").get<std::string>(), HasSubstr("old configuration"));
  EXPECT_EQ(reply.at("problems"), json(problems));
}

TEST_F(ControlSocketTest, SaysThatAReloadHasWorked) {
  serve();
  EXPECT_EQ(ask("reload"), (json{{"result", "ok"}}));
}

TEST_F(ControlSocketTest, DoesNotReloadTwiceAtOnce) {
  is_engine_silent = true;
  sources.patience.reload = 20ms;
  serve();
  EXPECT_THAT(error_of("{\"verb\":\"reload\"}\n"), HasSubstr("not ended in time"));
  EXPECT_THAT(error_of("{\"verb\":\"reload\"}\n"), HasSubstr("under way"));
}

TEST(ControlPeers, AreRootTheDaemonsUserAndTheSocketsGroup) {
  const SocketOwner owner{.uid = 900, .gid = 901};
  EXPECT_TRUE(allow({.uid = 0, .gid = 0}, owner));
  EXPECT_TRUE(allow({.uid = 900, .gid = 5}, owner));
  EXPECT_TRUE(allow({.uid = 1'000, .gid = 901}, owner));
  EXPECT_TRUE(allow({.uid = 1'000, .gid = 1'000, .groups = {4, 901}}, owner));

  EXPECT_FALSE(allow({.uid = 1'000, .gid = 1'000}, owner));
  EXPECT_FALSE(allow({.uid = 901, .gid = 900}, owner));
  EXPECT_FALSE(allow({.uid = 1'000, .gid = 0, .groups = {0, 4}}, owner));
}

TEST(ControlPeers, AreKnownByWhatTheKernelSays) {
  asio::io_context loop;
  Protocol::socket ours{loop};
  Protocol::socket theirs{loop};
  asio::local::connect_pair(ours, theirs);

  const auto peer = read_peer_credentials(ours.native_handle());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->gid, getegid());
  std::vector<gid_t> groups(static_cast<std::size_t>(getgroups(0, nullptr)));
  ASSERT_GE(getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  EXPECT_THAT(peer->groups, ::testing::UnorderedElementsAreArray(groups));
}

}  // namespace
}  // namespace sluice::net
