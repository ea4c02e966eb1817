#include "resolver/net/spender_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/net/fake_tree.h"
#include "tests/net/local_client.h"

namespace sluice::net {
namespace {

using namespace std::string_literals;
using Verdict = SpenderReader::Verdict;

constexpr HashKey kKey{.k0 = 1, .k1 = 2};
constexpr SpenderReader::Pace kAtOnce{.pause = Duration::zero(), .share = 1};
/// Looks once, and then not again within a test.
constexpr SpenderReader::Pace kOnce{.pause = std::chrono::hours{1}, .share = 1};
// No system has it.
constexpr std::uint32_t kStranger = 3'999'999'999;

/// A reader of trees of the test's own.
class SpenderReaderTest : public testing::Test {
 protected:
  void read(SpenderReader::Pace pace, SpenderSources sources) {
    reader.emplace(
        loop, kKey, [this](const auto& reading) { readings.push_back(reading); },
        std::move(sources), pace);
  }
  void read(SpenderReader::Pace pace = kAtOnce) {
    read(pace, {.proc = tree.root() / "proc",
                .mounts = tree.add_file("mountinfo", tree.mount_line("groups"))});
  }
  /// Waits for the next look.
  const SpenderReader::Reading& next_reading() {
    const std::size_t before = readings.size();
    EXPECT_TRUE(run_until(loop, [&] { return readings.size() > before; }));
    if (readings.size() == before) readings.emplace_back();
    return readings.back();
  }

  FakeTree tree;
  boost::asio::io_context loop;
  std::vector<SpenderReader::Reading> readings;
  std::optional<SpenderReader> reader;
};

TEST_F(SpenderReaderTest, FindsTheProgramThatHoldsASocket) {
  tree.add_process("proc/4711", "python3\0ptr_job.py\0"s, "0::/a\n", "socket:[11]");
  read();

  EXPECT_EQ(reader->want_holder({.uid = kStranger, .inode = 11}), Verdict::taken);

  const auto reading = next_reading();
  EXPECT_EQ(reading.findings.process_scans, 1U);
  ASSERT_EQ(reading.findings.holders.size(), 1U);
  EXPECT_EQ(reading.findings.holders[0].inode, 11U);
  const Spender spender = reading.findings.holders[0].spender;
  EXPECT_EQ(spender.kind, SpenderKind::process);
  EXPECT_EQ(reader->describe(spender),
            (SpenderWords{.client = "python3 ptr_job.py",
                          .kind = ClientKind::process,
                          .detail = "user 3999999999, process 4711, cgroup /a",
                          .uid = kStranger}));
}

TEST_F(SpenderReaderTest, TellsProgramsApartByUserAndCommand) {
  tree.add_process("proc/1", "a\0"s, "", "socket:[11]");
  tree.add_process("proc/2", "a\0"s, "", "socket:[12]");
  tree.add_process("proc/3", "b\0"s, "", "socket:[13]");
  read();
  std::vector<Spender> found;
  for (const ClientSocket& socket :
       {ClientSocket{.uid = kStranger, .inode = 11}, ClientSocket{.uid = kStranger, .inode = 12},
        ClientSocket{.uid = kStranger - 1, .inode = 12},
        ClientSocket{.uid = kStranger, .inode = 13}}) {
    reader->want_holder(socket);
    ASSERT_EQ(next_reading().findings.holders.size(), 1U);
    found.push_back(readings.back().findings.holders[0].spender);
  }

  EXPECT_EQ(found[0], found[1]) << "one job, two processes";
  EXPECT_NE(found[0], found[2]) << "another user";
  EXPECT_NE(found[0], found[3]) << "another program";
}

TEST_F(SpenderReaderTest, FindsNobodyWhoHasGone) {
  tree.add_folder("proc");
  read();

  reader->want_holder({.uid = kStranger, .inode = 11});

  EXPECT_TRUE(next_reading().findings.holders.empty());
}

TEST_F(SpenderReaderTest, NamesGroups) {
  const std::uint64_t id = tree.add_folder("groups/system.slice/ptr-batch.service");
  read();

  EXPECT_EQ(reader->want_name(Spender::of_cgroup(id), kStranger), Verdict::taken);

  EXPECT_EQ(next_reading().findings.group_scans, 1U);
  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)),
            (SpenderWords{.client = "ptr-batch.service",
                          .kind = ClientKind::unit,
                          .detail = "cgroup /system.slice/ptr-batch.service",
                          .uid = kStranger}));
}

TEST_F(SpenderReaderTest, KeepsTheNameOfAGroupThatIsGone) {
  const std::uint64_t id = tree.add_folder("groups/a.service");
  read();
  reader->want_name(Spender::of_cgroup(id), 0);
  next_reading();

  std::filesystem::remove(tree.root() / "groups/a.service");
  reader->want_name(Spender::of_cgroup(id + 1'000'000), 0);
  next_reading();

  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).client, "a.service");
}

TEST_F(SpenderReaderTest, NamesByNumberWhatCannotBeSeen) {
  tree.add_folder("groups");
  read();
  const Spender stranger = Spender::of_cgroup(0xffff'ffff'ffff);

  reader->want_name(stranger, 7);
  next_reading();

  EXPECT_EQ(reader->describe(stranger), (SpenderWords{.client = "cgroup 281474976710655",
                                                      .kind = ClientKind::cgroup,
                                                      .detail = "gone, or not to be seen from here",
                                                      .uid = 7}));
}

// The second look was asked for while the first was under way, and comes too late.
TEST_F(SpenderReaderTest, KeepsANameThoughALaterLookFindsNothing) {
  ASSERT_EQ(::mkfifo((tree.root() / "mountinfo").c_str(), 0600), 0);
  const std::uint64_t id = tree.add_folder("groups/a.service");
  read(kAtOnce, {.proc = tree.root(), .mounts = tree.root() / "mountinfo"});
  const auto let_it_look = [&](const std::string& mounts) {
    std::ofstream{tree.root() / "mountinfo"} << mounts;
    return next_reading().findings.group_scans;
  };
  reader->want_name(Spender::of_cgroup(id), 0);
  const int look = ::open((tree.root() / "mountinfo").c_str(), O_WRONLY | O_CLOEXEC);
  reader->want_name(Spender::of_cgroup(id), 0);  // the first look waits for what we shall write
  const std::string mounts = tree.mount_line("groups");
  ASSERT_EQ(::write(look, mounts.data(), mounts.size()), static_cast<ssize_t>(mounts.size()));
  ::close(look);
  next_reading();

  EXPECT_EQ(let_it_look("no groups any more"), 1U);

  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).client, "a.service");
}

TEST_F(SpenderReaderTest, NamesByNumberWhereThereAreNoGroups) {
  read(kAtOnce, {.proc = tree.root(), .mounts = tree.root() / "nowhere"});

  reader->want_name(Spender::of_cgroup(7), 0);
  next_reading();

  EXPECT_EQ(reader->describe(Spender::of_cgroup(7)).client, "cgroup 7");
}

TEST_F(SpenderReaderTest, NamesUsers) {
  read();
  reader->want_name(Spender::of_user(0), 0);
  next_reading();
  reader->want_name(Spender::of_user(kStranger), kStranger);
  next_reading();

  EXPECT_EQ(reader->describe(Spender::of_user(0)),
            (SpenderWords{.client = "user 0 (root)", .kind = ClientKind::user, .uid = 0}));
  EXPECT_EQ(reader->describe(Spender::of_user(kStranger)).client, "user 3999999999");
}

TEST_F(SpenderReaderTest, DescribesAtOnceWhatNeedsNoLook) {
  read();
  EXPECT_EQ(reader->describe(Spender{}),
            (SpenderWords{.client = "unknown", .kind = ClientKind::unknown}));
  EXPECT_EQ(reader->describe(Spender::of_address(*Address::parse("2001:db8::1"))),
            (SpenderWords{.client = "2001:db8::1", .kind = ClientKind::address}));
  EXPECT_EQ(reader->describe(Spender::of_process(7, 8)),
            (SpenderWords{.client = "a program of user 7", .kind = ClientKind::process, .uid = 7}));
}

TEST_F(SpenderReaderTest, LooksForWhatItIsAskedToDescribe) {
  const std::uint64_t id = tree.add_folder("groups/a.service");
  read();

  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).client, "cgroup " + std::to_string(id));
  next_reading();
  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).client, "a.service");
}

TEST_F(SpenderReaderTest, TellsNoOwnerOfAGroupThatHasSeveral) {
  const std::uint64_t id = tree.add_folder("groups/a.service");
  read(kOnce);
  reader->want_name(Spender::of_cgroup(id), 1);
  next_reading();
  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).uid, 1U);

  reader->want_name(Spender::of_cgroup(id), 2);

  EXPECT_EQ(reader->describe(Spender::of_cgroup(id)).uid, std::nullopt);
}

TEST_F(SpenderReaderTest, TakesOnlySoManyRequests) {
  tree.add_folder("proc");
  read(kOnce);
  reader->want_name(Spender::of_user(0), 0);
  next_reading();

  for (std::uint32_t i = 1; i <= SpenderReader::kMaxWanted; ++i) {
    EXPECT_EQ(reader->want_holder({.uid = 0, .inode = i}), Verdict::taken);
    EXPECT_EQ(reader->want_name(Spender::of_user(i), i), Verdict::taken);
  }

  EXPECT_EQ(reader->want_holder({.uid = 0, .inode = 9'999}), Verdict::dropped);
  EXPECT_EQ(reader->want_name(Spender::of_user(9'999), 9'999), Verdict::dropped);
  EXPECT_EQ(reader->want_name(Spender::of_user(1), 1), Verdict::taken) << "it is wanted already";
}

TEST_F(SpenderReaderTest, KeepsOnlySoManyNames) {
  read();
  std::uint64_t evicted = 0;
  std::uint32_t wanted = 0;
  // One at a time takes long; as many as it takes at once would be up to chance.
  while (wanted < SpenderReader::kMaxNames + 1) {
    if (reader->want_name(Spender::of_cgroup(1'000'000 + wanted), 0) == Verdict::taken) ++wanted;
    loop.restart();
    loop.poll();
  }
  ASSERT_TRUE(run_until(loop, [&] {
    evicted = 0;
    for (const auto& reading : readings) evicted += reading.names_evicted;
    return evicted > 0;
  }));

  EXPECT_EQ(evicted, 1U);
}

TEST_F(SpenderReaderTest, SaysNothingAfterItsEnd) {
  read();
  reader->want_name(Spender::of_user(0), 0);
  reader.reset();
  loop.run_for(std::chrono::milliseconds{1});

  EXPECT_TRUE(readings.empty());
}

TEST_F(SpenderReaderTest, NeverWaitsForALook) {
  ASSERT_EQ(::mkfifo((tree.root() / "mountinfo").c_str(), 0600), 0);  // reading it takes forever
  read(kAtOnce, {.proc = tree.root(), .mounts = tree.root() / "mountinfo"});
  reader->want_name(Spender::of_cgroup(7), 0);

  EXPECT_EQ(reader->describe(Spender::of_cgroup(7)).client, "cgroup 7");
  EXPECT_EQ(reader->want_name(Spender::of_cgroup(8), 0), Verdict::taken);
  reader.reset();

  const int writer = ::open((tree.root() / "mountinfo").c_str(), O_RDWR | O_CLOEXEC);
  ::close(writer);  // lets the thread go
}

// The incident's kind of job, with a user of its own where we may.
TEST_F(SpenderReaderTest, NamesAScript) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  ClientSockets sockets;
  if (!sockets.can_find(Transport::udp)) GTEST_SKIP() << "this kernel does not tell of sockets";
  const auto script = tree.add_file("ptr_job.py",
                                    "import socket, sys, time\n"
                                    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                                    "s.connect(('127.0.0.1', int(sys.argv[1])))\n"
                                    "s.send(b'q')\n"
                                    "time.sleep(60)\n");
  std::filesystem::permissions(tree.root(), std::filesystem::perms{0755});
  const std::uint32_t uid = ::geteuid() == 0 ? kNobody : ::geteuid();
  const OtherProcess job{[&] {
    const std::string port = std::to_string(server.at().port);
    if (::setuid(uid) == 0) ::execlp("python3", "python3", script.c_str(), port.c_str(), nullptr);
    throw std::runtime_error{"no python3"};
  }};
  const auto socket = sockets.find(server.receive(), server.at(), Transport::udp, 0);
  ASSERT_TRUE(socket.has_value());
  read(kAtOnce, {});

  reader->want_holder(*socket);

  const auto reading = next_reading();
  ASSERT_EQ(reading.findings.holders.size(), 1U);
  EXPECT_EQ(reading.findings.holders[0].spender.uid(), uid);
  const SpenderWords words = reader->describe(reading.findings.holders[0].spender);
  EXPECT_EQ(words.client, "python3 ptr_job.py");
  EXPECT_EQ(words.uid, uid);
  EXPECT_NE(words.detail.find("process " + std::to_string(job.pid())), std::string::npos)
      << words.detail;
}

}  // namespace
}  // namespace sluice::net
