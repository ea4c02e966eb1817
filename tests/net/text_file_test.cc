#include "resolver/net/text_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

class TextFile : public testing::Test {
 protected:
  TextFile() {
    std::string pattern = testing::TempDir() + "text_file_test.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    file = folder / "file";
  }
  ~TextFile() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder, file;
};

TEST_F(TextFile, IsReadWhole) {
  for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 1'000'000U}) {
    const std::string text(size, 'x');
    std::ofstream{file} << text;

    const auto read = read_text_file(file, 1'000'000);

    ASSERT_TRUE(read) << size;
    EXPECT_EQ(read.value(), text);
  }
}

TEST_F(TextFile, MayHoldAnyOctet) {
  const std::string text{"a\0b\xff\n", 5};
  std::ofstream{file} << text;

  EXPECT_EQ(read_text_file(file, 5).value(), text);
}

TEST_F(TextFile, HasABound) {
  std::ofstream{file} << std::string(101, 'x');

  EXPECT_EQ(read_text_file(file, 100).error().reason, "it has more than 100 octets");
  EXPECT_TRUE(read_text_file(file, 101));
}

TEST_F(TextFile, IsReadThoughItsSizeIsNotKnown) {
  const auto text = read_text_file("/proc/self/status", 1'000'000);

  ASSERT_TRUE(text);
  EXPECT_TRUE(text.value().starts_with("Name:")) << text.value();
  EXPECT_EQ(read_text_file("/proc/self/status", 10).error().reason, "it has more than 10 octets");
}

TEST_F(TextFile, SaysWhyItCannotBeRead) {
  EXPECT_EQ(read_text_file(file, 100).error().reason, "No such file or directory");
  EXPECT_EQ(read_text_file(folder, 100).error().reason, "it is no regular file");
  std::filesystem::create_symlink(file, file);
  EXPECT_EQ(read_text_file(file, 100).error().reason, "Too many levels of symbolic links");
}

TEST_F(TextFile, IsNeverAPipeWhoseWriterWouldBeWaitedFor) {
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);

  EXPECT_EQ(read_text_file(file, 100).error().reason, "it is no regular file");
}

}  // namespace
}  // namespace sluice::net
