#include "resolver/app/capture_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace sluice::app {
namespace {

/// A file that is gone after the test.
class CaptureFile : public ::testing::Test {
 protected:
  CaptureFile() {
    std::string pattern = ::testing::TempDir() + "sluice-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path = folder_ + "/events.pcap";
  }
  ~CaptureFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string written() const {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::string path;

 private:
  std::string folder_;
};

TEST_F(CaptureFile, HoldsTheOctetsOfEveryPadding) {
  for (const auto& [base64, octets] : {std::pair<const char*, const char*>{"", ""},
                                       {"YQ==", "a"},
                                       {"YWI=", "ab"},
                                       {"YWJj", "abc"},
                                       {"YWJjZA==", "abcd"}}) {
    EXPECT_EQ(write_capture(path, base64), std::nullopt) << base64;
    EXPECT_EQ(written(), octets);
  }
}

TEST_F(CaptureFile, HoldsOctetsOfAnyValue) {
  EXPECT_EQ(write_capture(path, "AP+A+/8="), std::nullopt);
  EXPECT_EQ(written(), (std::string{"\x00\xff\x80\xfb\xff", 5}));
}

TEST_F(CaptureFile, IsForItsOwnerAlone) {
  ASSERT_EQ(write_capture(path, "YWJj"), std::nullopt);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(CaptureFile, IsNotWrittenFromWhatIsNoBase64) {
  for (const char* text : {"YWJ", "YW*j", "====", "YQ==YQ==", "Y===", "\xff\xff\xff\xff"}) {
    EXPECT_EQ(write_capture(path, text), "the daemon's capture is no base64") << text;
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

TEST_F(CaptureFile, SaysWhyItCannotBeWritten) {
  const std::string nowhere = path + "/no/such/folder";
  EXPECT_EQ(write_capture(nowhere, "YWJj"),
            "cannot write " + nowhere + ": No such file or directory");
}

}  // namespace
}  // namespace sluice::app
