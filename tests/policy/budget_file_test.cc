#include "policy/budget_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/policy/temporary_folder.h"

namespace sluice::policy {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The error of opening `path`; empty, and a failure, if it opens.
std::string problem_with(const std::string& path) {
  const auto opened = BudgetFile::open(path);
  EXPECT_TRUE(opened.has_error()) << path;
  return opened.has_error() ? opened.error() : "";
}

/// Matches one line that names the file and what to do.
auto says(const std::string& path, const std::string& what, const std::string& remedy) {
  return AllOf(HasSubstr(path), HasSubstr(what), HasSubstr("; " + remedy), Not(HasSubstr("\n")));
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream{path, std::ios::binary} << content;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST(BudgetFile, IsMadeWithItsFolderWhateverTheUmask) {
  const TemporaryFolder folder;
  const std::string path = folder.file("budget/eni");
  const mode_t before = ::umask(077);

  const auto file = BudgetFile::open(path);
  ::umask(before);

  ASSERT_TRUE(file.has_value()) << file.error();
  EXPECT_EQ(mode_of(path), 0660U);
  EXPECT_EQ(mode_of(folder.path() / "budget"), 0755U);
  EXPECT_EQ(fs::file_size(path), BudgetFile::kSize);
  EXPECT_EQ(file.value()->word().magic.load(), BudgetWord::kMagic);
  EXPECT_EQ(file.value()->word().bucket_ns.load(), 0);
  EXPECT_EQ(file.value()->word().packets_sent.load(), 0U);
}

TEST(BudgetFile, TakesRealStorageSoThatAFullFileSystemCannotStopItLater) {
  const TemporaryFolder folder;

  const auto file = BudgetFile::open(folder.file("eni"));

  ASSERT_TRUE(file.has_value()) << file.error();
  struct stat status {};
  ASSERT_EQ(::stat(folder.file("eni").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, static_cast<blkcnt_t>(BudgetFile::kSize));
}

TEST(BudgetFile, IsOneWordForAllThatOpenIt) {
  const TemporaryFolder folder;
  const auto one = BudgetFile::open(folder.file("eni"));
  const auto other = BudgetFile::open(folder.file("eni"));
  ASSERT_TRUE(one.has_value() && other.has_value());

  one.value()->word().bucket_ns = 42;

  EXPECT_EQ(other.value()->word().bucket_ns.load(), 42);
}

TEST(BudgetFile, OutlivesThoseWhoUseIt) {
  const TemporaryFolder folder;
  {
    const auto file = BudgetFile::open(folder.file("eni"));
    ASSERT_TRUE(file.has_value()) << file.error();
    file.value()->word().bucket_ns = 42;
    file.value()->word().packets_sent = 7;
  }

  const auto again = BudgetFile::open(folder.file("eni"));

  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(again.value()->word().bucket_ns.load(), 42);
  EXPECT_EQ(again.value()->word().packets_sent.load(), 7U);
}

TEST(BudgetFile, IsMadeOnceByManyCreators) {
  for (int round = 0; round < 50; ++round) {
    const TemporaryFolder folder;
    std::atomic<int> ready{0};
    std::atomic<int> opened{0};
    std::vector<std::thread> creators;
    for (int i = 0; i < 4; ++i) {
      creators.emplace_back([&] {
        ++ready;
        while (ready < 4) std::this_thread::yield();
        const auto file = BudgetFile::open(folder.file("new/eni"));
        if (!file) return;
        file.value()->word().packets_sent.fetch_add(1);
        ++opened;
      });
    }
    for (std::thread& creator : creators) creator.join();

    EXPECT_EQ(opened, 4);
    const auto file = BudgetFile::open(folder.file("new/eni"));
    ASSERT_TRUE(file.has_value()) << file.error();
    EXPECT_EQ(file.value()->word().packets_sent.load(), 4U) << "nobody's count was cleared";
  }
}

TEST(BudgetFile, SaysThatAFolderIsMissing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("no/such/eni");

  EXPECT_THAT(problem_with(path),
              says(path, "there is no folder " + folder.file("no"), "create that folder"));
}

TEST(BudgetFile, SaysThatAFolderIsNone) {
  const TemporaryFolder folder;
  write_file(folder.file("plain"), "text");
  const std::string path = folder.file("plain/eni");

  EXPECT_THAT(problem_with(path), says(path, "plain is not a folder", "share budgets in another"));
}

TEST(BudgetFile, SaysThatASymbolicLinkIsNotFollowed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("eni");
  write_file(folder.file("victim"), "");
  fs::create_symlink(folder.file("victim"), path);

  EXPECT_THAT(problem_with(path), says(path, "symbolic link", "remove it"));
  EXPECT_EQ(fs::file_size(folder.file("victim")), 0U);
}

TEST(BudgetFile, SaysThatItIsNotARegularFile) {
  const TemporaryFolder folder;
  const std::string fifo = folder.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const std::string directory = folder.file("directory");
  fs::create_directory(directory);

  for (const std::string& path : {fifo, directory})
    EXPECT_THAT(problem_with(path), says(path, "not a regular file", "remove it"));
}

TEST(BudgetFile, LeavesFilesOfOthersAlone) {
  const TemporaryFolder folder;
  const std::string text = folder.file("text");
  write_file(text, "not ours");
  const std::string page = folder.file("page");
  write_file(page, std::string(BudgetFile::kSize, 'x'));
  const std::string other_version = folder.file("version");
  write_file(other_version, "!budget1" + std::string(BudgetFile::kSize, '\0'));

  for (const std::string& path : {text, page, other_version}) {
    const auto size = fs::file_size(path);
    EXPECT_THAT(problem_with(path), says(path, "another version", "")) << path;
    EXPECT_EQ(fs::file_size(path), size);
  }
}

TEST(BudgetFile, RefusesTheSmallerFileOfAnOlderVersionAndLeavesItAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("eni");
  write_file(path, "!budget1" + std::string(4'088, '\0'));

  EXPECT_THAT(problem_with(path),
              says(path, "another version", "remove it when no process uses it"));
  EXPECT_EQ(fs::file_size(path), 4'096U);
}

TEST(BudgetFile, FinishesAFileThatAnotherCreatorHasBegun) {
  const TemporaryFolder folder;
  const std::string path = folder.file("eni");
  write_file(path, std::string(4'096, '\0'));

  ASSERT_TRUE(BudgetFile::open(path).has_value());
  EXPECT_EQ(fs::file_size(path), BudgetFile::kSize);
}

TEST(BudgetFile, RefusesAFileThatWasCutShort) {
  const TemporaryFolder folder;
  const std::string path = folder.file("eni");
  ASSERT_TRUE(BudgetFile::open(path).has_value());
  fs::resize_file(path, 64);

  EXPECT_THAT(problem_with(path), HasSubstr("remove it"));
}

TEST(BudgetFile, TheMagicReadsAsTextInTheFile) {
  const TemporaryFolder folder;
  ASSERT_TRUE(BudgetFile::open(folder.file("eni")).has_value());

  std::string magic(8, '\0');
  std::ifstream{folder.file("eni"), std::ios::binary}.read(magic.data(), 8);

  EXPECT_EQ(magic, "!budget2");
}

TEST(BudgetFile, SaysThatTheFileSystemIsReadOnly) {
  const std::string path = "/proc/sys/eni";  // a file system that makes no files
  const std::string problem = problem_with(path);

  EXPECT_THAT(problem, AllOf(HasSubstr(path), HasSubstr("; "), Not(HasSubstr("\n"))));
}

TEST(BudgetFile, SaysThatPermissionIsDenied) {
  const TemporaryFolder folder;
  const std::string path = folder.file("locked/eni");
  fs::create_directory(folder.file("locked"));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);

  // Root may do everything, so the child becomes nobody in particular.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) ::_exit(2);
    if (::geteuid() != 65'534) ::chmod(folder.file("locked").c_str(), 0555);
    const auto opened = BudgetFile::open(path);
    const bool right =
        opened.has_error() && opened.error().find("permission denied; let") != std::string::npos;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace sluice::policy
