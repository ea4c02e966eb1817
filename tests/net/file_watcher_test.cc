#include "resolver/net/file_watcher.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

namespace fs = std::filesystem;

// No test passes because of a look that inotify has not asked for, unless it says so.
constexpr FileWatcher::Pace kByEvents{
    .settle = 1ms, .longest_settle = 20ms, .look_again = std::chrono::hours{1}};

class FileWatching : public testing::Test {
 protected:
  FileWatching() {
    std::string pattern = testing::TempDir() + "file_watcher_test.XXXXXX";
    folder = ::mkdtemp(pattern.data());
  }
  ~FileWatching() override { fs::remove_all(folder); }

  /// Each content has another size, since the clock of the file system is coarse.
  void write(const fs::path& name) { std::ofstream{folder / name} << std::string(++written, 'x'); }
  void replace(const fs::path& name) {
    write("new");
    fs::rename(folder / "new", folder / name);
  }
  void link(const fs::path& to, const fs::path& name) {
    fs::create_symlink(to, folder / "link");
    fs::rename(folder / "link", folder / name);
  }
  [[nodiscard]] FileWatcher::Changed note() {
    return [this] { ++reports; };
  }
  bool run_until_report(int number) {
    const auto give_up = Clock::now() + 5s;
    while (reports < number && Clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(5ms);
    }
    return reports == number;
  }

  boost::asio::io_context loop;
  fs::path folder;
  std::size_t written = 0;
  int reports = 0;
};

TEST_F(FileWatching, ReportsWhatIsWrittenInPlace) {
  write("list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};
  for (int i = 1; i <= 3; ++i) {
    write("list");
    ASSERT_TRUE(run_until_report(i));
  }
}

TEST_F(FileWatching, ReportsEachReplacementByRenaming) {
  write("list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};
  for (int i = 1; i <= 3; ++i) {
    replace("list");
    ASSERT_TRUE(run_until_report(i));
  }
}

TEST_F(FileWatching, ReportsThatAFileHasGoneAndThatItIsBack) {
  write("list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  fs::remove(folder / "list");
  ASSERT_TRUE(run_until_report(1));
  write("list");
  ASSERT_TRUE(run_until_report(2));
  fs::rename(folder / "list", folder / "elsewhere");
  ASSERT_TRUE(run_until_report(3));
}

TEST_F(FileWatching, ReportsThatAFileMayBeReadNow) {
  write("list");
  fs::permissions(folder / "list", fs::perms::none);
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  fs::permissions(folder / "list", fs::perms::owner_read);

  EXPECT_TRUE(run_until_report(1));
}

TEST_F(FileWatching, FollowsALinkToAnotherTarget) {
  fs::create_directories(folder / "one");
  fs::create_directories(folder / "two");
  write("one/list");
  write("two/list");
  link("one/list", "list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  link("two/list", "list");
  ASSERT_TRUE(run_until_report(1));
  replace("two/list");
  ASSERT_TRUE(run_until_report(2)) << "the new target is watched";
  replace("one/list");
  replace("two/list");
  ASSERT_TRUE(run_until_report(3)) << "the old one no longer";
}

TEST_F(FileWatching, FollowsALinkInTheMiddleOfTheWay) {
  // As Kubernetes mounts a ConfigMap: all files change when one link does.
  fs::create_directories(folder / "..version_1");
  fs::create_directories(folder / "..version_2");
  write("..version_1/list");
  write("..version_2/list");
  link("..version_1", "..data");
  link("..data/list", "list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  link("..version_2", "..data");
  ASSERT_TRUE(run_until_report(1));
  fs::remove_all(folder / "..version_1");
  replace("..version_2/list");
  ASSERT_TRUE(run_until_report(2));
}

TEST_F(FileWatching, EndsAtLinksThatLeadInACircle) {
  link("second", "first");
  link("first", "second");
  const FileWatcher watcher{loop, {folder / "first"}, note(), kByEvents};

  replace("second");

  EXPECT_TRUE(run_until_report(1));
}

TEST_F(FileWatching, WaitsForAFolderThatIsMissing) {
  const FileWatcher watcher{loop, {folder / "a/b/list"}, note(), kByEvents};

  fs::create_directories(folder / "a/b");
  write("a/b/list");
  ASSERT_TRUE(run_until_report(1));
  fs::remove_all(folder / "a");
  ASSERT_TRUE(run_until_report(2));
  fs::create_directories(folder / "a/b");
  write("a/b/list");
  ASSERT_TRUE(run_until_report(3));
}

TEST_F(FileWatching, FollowsAFolderThatIsReplaced) {
  fs::create_directories(folder / "a");
  fs::create_directories(folder / "b");
  write("a/list");
  write("b/list");
  const FileWatcher watcher{loop, {folder / "a/list"}, note(), kByEvents};

  fs::rename(folder / "a", folder / "old");
  fs::rename(folder / "b", folder / "a");
  ASSERT_TRUE(run_until_report(1));
  write("a/list");
  ASSERT_TRUE(run_until_report(2));
}

TEST_F(FileWatching, ReportsABurstOnceWhenItIsOver) {
  write("one");
  write("two");
  const FileWatcher watcher{loop,
                            {folder / "one", folder / "two"},
                            note(),
                            {.settle = 50ms, .longest_settle = 5s, .look_again = 1h}};
  const TimePoint begin = Clock::now();
  for (int i = 0; i < 20; ++i) {
    replace("one");
    write("two");
    loop.poll();
  }

  EXPECT_TRUE(run_until_report(1));
  EXPECT_GE(Clock::now() - begin, 50ms);
}

TEST_F(FileWatching, ReportsAFileThatIsNeverQuiet) {
  write("list");
  const FileWatcher watcher{
      loop, {folder / "list"}, note(), {.settle = 1h, .longest_settle = 5ms, .look_again = 1h}};
  write("list");

  EXPECT_TRUE(run_until_report(1));
}

TEST_F(FileWatching, SaysNothingOfOtherFilesInTheFolder) {
  write("list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  for (int i = 0; i < 3; ++i) {
    write("other");
    loop.restart();
    loop.run_one_for(20ms);
  }
  write("list");

  EXPECT_TRUE(run_until_report(1));
}

TEST_F(FileWatching, LooksAfterReportsThatTheKernelHadToDrop) {
  std::size_t room = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> room;
  if (room == 0 || room > 100'000) GTEST_SKIP() << "the kernel has room for more than a test makes";
  write("list");
  const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};

  write("other");
  for (std::size_t i = 0; i <= room; i += 2) {  // two different events each: none is merged
    fs::rename(folder / "other", folder / "another");
    fs::rename(folder / "another", folder / "other");
  }
  write("list");  // finds no room

  EXPECT_TRUE(run_until_report(1));
}

TEST_F(FileWatching, LooksAgainWhereNothingIsReported) {
  write("list");
  const FileWatcher first{loop, {}, note()};  // what the loop makes lazily is made now
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;

  ::setrlimit(RLIMIT_NOFILE, &none);
  const FileWatcher watcher{loop, {folder / "list"}, note(), {.look_again = 5ms}};
  ::setrlimit(RLIMIT_NOFILE, &before);

  replace("list");
  ASSERT_TRUE(run_until_report(1));
  fs::remove(folder / "list");
  EXPECT_TRUE(run_until_report(2));
}

TEST_F(FileWatching, SaysNothingAfterItsEnd) {
  {
    const FileWatcher watcher{loop, {folder / "list"}, note(), kByEvents};
    write("list");
    loop.run_one_for(100ms);  // it has heard, and waits
  }
  loop.restart();
  loop.run();  // handlers that the loop still holds find nobody

  EXPECT_EQ(reports, 0);
}

}  // namespace
}  // namespace sluice::net
