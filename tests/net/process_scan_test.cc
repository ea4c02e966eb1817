#include "resolver/net/process_scan.h"

#include <unistd.h>

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "tests/net/fake_tree.h"
#include "tests/net/local_client.h"

namespace sluice::net {
namespace {

using namespace std::string_literals;

// Arguments as /proc shows them.
std::string line(std::initializer_list<std::string_view> arguments) {
  std::string text;
  for (const std::string_view each : arguments) text.append(each).push_back('\0');
  return text;
}
std::string words(std::initializer_list<std::string_view> arguments) {
  return command_words(line(arguments), "name");
}

TEST(CommandWords, AreTheProgramsFileName) {
  EXPECT_EQ(words({"/usr/bin/curl", "https://user:secret@www.example/"}), "curl");
  EXPECT_EQ(words({"curl"}), "curl");
  EXPECT_EQ(words({"-bash"}), "bash") << "a login shell";
}

TEST(CommandWords, OfAnInterpreterNameTheScript) {
  EXPECT_EQ(words({"/usr/bin/python3", "/srv/ptr_job.py", "--token", "secret"}),
            "python3 ptr_job.py");
  EXPECT_EQ(words({"python3.11", "-u", "-W", "ignore", "ptr_job.py"}), "python3.11 ptr_job.py");
  EXPECT_EQ(words({"python3", "-I", "ptr_job.py", "--user", "4242"}), "python3 ptr_job.py");
  EXPECT_EQ(words({"perl", "-I", "lib", "ptr_job.pl"}), "perl ptr_job.pl");
  EXPECT_EQ(words({"python3", "-m", "http.server", "8000"}), "python3 http.server");
  EXPECT_EQ(words({"/bin/sh", "-eu", "/etc/cron.hourly/ptr"}), "sh ptr");
  EXPECT_EQ(words({"node", "--require", "./trace.js", "/srv/app.js"}), "node app.js");
  EXPECT_EQ(words({"java", "-Xmx1g", "-cp", "/srv/a.jar:/srv/b.jar", "example.Main"}),
            "java example.Main");
  EXPECT_EQ(words({"java", "-jar", "/srv/app.jar", "x"}), "java app.jar");
}

TEST(CommandWords, NeverShowTheTextOfAProgram) {
  EXPECT_EQ(words({"sh", "-c", "curl -u user:secret https://www.example/"}), "sh");
  EXPECT_EQ(words({"python3", "-c", "print('secret')"}), "python3");
  EXPECT_EQ(words({"perl", "-e", "secret"}), "perl");
}

TEST(CommandWords, OfDaemonsThatWriteOverTheirArgumentsAreTheDaemon) {
  EXPECT_EQ(words({"nginx: worker process"}), "nginx");
  EXPECT_EQ(words({"sshd: batch@pts/0"}), "sshd");
}

TEST(CommandWords, AreTheKernelsNameWhereThereAreNoArguments) {
  EXPECT_EQ(command_words("", "kworker/0:1"), "kworker/0:1");
  EXPECT_EQ(command_words("\0"s, "name"), "name");
  EXPECT_EQ(command_words("/usr/bin/\0"s, "name"), "name");
  EXPECT_EQ(command_words("", ""), "");
}

TEST(CommandWords, LeaveOddOctetsAndCutLongNames) {
  EXPECT_EQ(words({"/bin/a\n\x1b[2J\xff"}), "a\n\x1b[2J\xff");
  EXPECT_EQ(words({std::string(1'000, 'a')}), std::string(kMaxCommand, 'a'));
  EXPECT_EQ(words({"python3", std::string(1'000, 'a')}).size(), kMaxCommand);
}

TEST(CommandWords, TakeALineThatWasCut) {
  EXPECT_EQ(command_words("/usr/bin/curl", "name"), "curl");
  EXPECT_EQ(command_words("python3\0-W"s, "name"), "python3");
}

TEST(GroupPath, IsThatOfVersionTwo) {
  EXPECT_EQ(group_path("0::/system.slice/a.service\n"), "/system.slice/a.service");
  EXPECT_EQ(group_path("1:name=systemd:/b\n0::/a\n"), "/a");
}

TEST(GroupPath, IsSystemdsOwnWhereVersionTwoIsNotUsed) {
  EXPECT_EQ(group_path("9:name=systemd:/system.slice/a.service\n4:memory:/x\n0::/\n"),
            "/system.slice/a.service");
  EXPECT_EQ(group_path("9:name=systemd:/system.slice/a.service\n"), "/system.slice/a.service");
}

TEST(GroupPath, IsNoneWhereAllAreInTheRoot) {
  for (const char* text :
       {"9:name=systemd:/\n4:memory:/x\n0::/\n", "", "\n", "0:", "0::", "10:", "x", ":"})
    EXPECT_EQ(group_path(text), "") << text;
}

TEST(ProcessScan, FindsWhoHoldsASocket) {
  FakeTree proc;
  proc.add_process("1", line({"/sbin/init"}), "0::/init.scope\n", "socket:[10]");
  proc.add_process("4711", line({"python3", "ptr_job.py"}), "0::/a\n", "socket:[11]");
  proc.add_process("4712", line({"curl"}), "0::/\n", "/dev/null");
  proc.add_process("self", line({"other"}), "0::/\n", "socket:[12]");

  const auto found = find_processes(proc.root(), std::array{11U, 12U, 13U});

  ASSERT_EQ(found.by_inode.size(), 1U) << "no process is called self, and nobody has 13";
  EXPECT_EQ(found.by_inode.at(11),
            (Process{.pid = 4711, .command = "python3 ptr_job.py", .cgroup = "/a"}));
  EXPECT_FALSE(found.is_cut);
}

TEST(ProcessScan, TakesOnlySocketsForSockets) {
  FakeTree proc;
  int pid = 1;
  for (const char* file : {"pipe:[11]", "socket:[11", "socket:[]", "socket:[11]x", "socket:[11x]",
                           "socket:[4294967307]", "11"})
    proc.add_process(std::to_string(pid++), line({"a"}), "", file);
  EXPECT_TRUE(find_processes(proc.root(), std::array{11U}).by_inode.empty());

  proc.add_process(std::to_string(pid), line({"a"}), "", "socket:[11]");
  EXPECT_EQ(find_processes(proc.root(), std::array{11U}).by_inode.at(11).pid, pid);
}

TEST(ProcessScan, StopsWhereThereIsTooMuch) {
  FakeTree proc;
  for (const char* pid : {"1", "2", "3"}) proc.add_process(pid, line({"a"}), "", "socket:[10]");

  EXPECT_TRUE(find_processes(proc.root(), std::array{11U}, 2).is_cut);
  EXPECT_FALSE(find_processes(proc.root(), std::array{11U}, 3).is_cut);
}

TEST(ProcessScan, FindsNobodyWhereThereIsNoProc) {
  FakeTree empty;

  EXPECT_TRUE(find_processes(empty.root(), std::array{11U}).by_inode.empty());
  EXPECT_TRUE(find_processes(empty.root() / "nowhere", std::array{11U}).by_inode.empty());
}

TEST(ProcessScan, FindsThisProcess) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());
  const auto inode = static_cast<std::uint32_t>(inode_of(client));

  const auto found = find_processes("/proc", std::array{inode});

  ASSERT_TRUE(found.by_inode.contains(inode));
  EXPECT_EQ(found.by_inode.at(inode).pid, ::getpid());
  EXPECT_EQ(found.by_inode.at(inode).command, "attribution_test");
}

}  // namespace
}  // namespace sluice::net
