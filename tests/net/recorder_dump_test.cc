#include "resolver/net/recorder_dump.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "resolver/net/recorder_json.h"
#include "tests/support/wire.h"

namespace sluice::net {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr TimePoint t0{std::chrono::seconds{1'000}};

/// One query of a client, copied a second later.
Recording recording() {
  const dns::Question question = wire::question("www.example. A");
  Recording::Head head{};
  head.size = static_cast<std::uint32_t>(sizeof head + question.name.size());
  head.type = question.type;
  head.klass = question.klass;
  head.name_size = static_cast<std::uint8_t>(question.name.size());
  head.facts = {.kind = EventKind::query, .at = t0, .peer = *Endpoint::parse("192.0.2.7:40000", 0)};
  std::vector<std::byte> bytes(head.size);
  std::memcpy(bytes.data(), &head, sizeof head);
  std::ranges::copy(question.name.wire(), bytes.begin() + sizeof head);
  return {std::move(bytes), t0 + 1s};
}

constexpr const char* kLine = "-1.000000 query www.example. A from 192.0.2.7:40000 udp\n";

class RecorderDumpTest : public ::testing::Test {
 protected:
  ~RecorderDumpTest() override { fs::remove_all(folder_); }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator{folder_}) all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
  }
  [[nodiscard]] static std::string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }
  fs::path folder_ = [] {
    std::string pattern = ::testing::TempDir() + "recorder-XXXXXX";
    return fs::path{::mkdtemp(pattern.data())};
  }();
  RecorderDump dump_{folder_};
};

TEST_F(RecorderDumpTest, WritesTextAndPacketsThatTheGroupMayRead) {
  EXPECT_TRUE(dump_.dump(recording(), "verdict=upstream_silent", t0));
  const auto all = files();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0].string(), EndsWith("Z.pcap"));
  EXPECT_EQ(fs::file_size(all[0]), 24U) << "no packet, the header alone";
  EXPECT_THAT(all[1].filename().string(), ::testing::MatchesRegex("recorder-[0-9T]+Z.txt"));
  EXPECT_THAT(read(all[1]), StartsWith("# verdict=upstream_silent; "));
  EXPECT_THAT(read(all[1]), EndsWith(kLine));
  for (const fs::path& path : all)
    EXPECT_EQ(fs::status(path).permissions() & fs::perms::others_all, fs::perms::none);
  EXPECT_EQ(dump_.dumps(), 1U);
}

TEST_F(RecorderDumpTest, WritesAtMostOnceAMinute) {
  EXPECT_TRUE(dump_.dump(recording(), "first", t0));
  EXPECT_FALSE(dump_.dump(recording(), "second", t0 + 59s));
  EXPECT_EQ(dump_.dumps(), 1U);
  EXPECT_TRUE(dump_.dump(recording(), "third", t0 + 60s));
}

TEST_F(RecorderDumpTest, KeepsTheNewestAndWhatIsNotItsOwn) {
  for (int i = 0; i < 12; ++i)
    for (const char* ending : {".txt", ".pcap"})
      std::ofstream{folder_ / ("recorder-20200101T0000" + std::to_string(10 + i) + "Z" + ending)};
  std::ofstream{folder_ / "cache.snapshot"};
  EXPECT_TRUE(dump_.dump(recording(), "now", t0));
  EXPECT_EQ(files().size(), 2 * RecorderDump::kKept + 1);
  EXPECT_TRUE(fs::exists(folder_ / "cache.snapshot"));
  EXPECT_TRUE(fs::exists(folder_ / "recorder-20200101T000021Z.txt"));
  EXPECT_FALSE(fs::exists(folder_ / "recorder-20200101T000014Z.pcap"));
}

TEST_F(RecorderDumpTest, DoesWithoutAFolderThatCannotBeWritten) {
  RecorderDump nowhere{folder_ / "missing"};
  EXPECT_FALSE(nowhere.dump(recording(), "verdict", t0));
  EXPECT_EQ(nowhere.dumps(), 0U);
}

TEST(RecorderJson, HasTheTextOrTheCaptureFile) {
  const nlohmann::json text = recorder_text_json(recording());
  EXPECT_EQ(text, (nlohmann::json{{"events", 1}, {"seconds", 1.0}, {"text", kLine}}));
  const nlohmann::json pcap = recorder_pcap_json(recording());
  EXPECT_EQ(pcap["events"], 1);
  EXPECT_EQ(pcap["pcap_base64"], "obLD1AACAAQAAAAAAAAAAAAA//8AAABl");
}

}  // namespace
}  // namespace sluice::net
