#include "resolver/net/recorder_dump.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <vector>

#include "resolver/net/log.h"
#include "resolver/net/recorder_json.h"
#include "resolver/recording_pcap.h"
#include "resolver/recording_text.h"

namespace sluice::net {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "recorder-";
constexpr int kMode = 0640;

/// A name whose order is that of time.
std::string name_at(std::chrono::system_clock::time_point time) {
  const std::time_t since_1970 = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&since_1970, &utc);
  std::array<char, 40> text;
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return std::string{kPrefix} + std::string{text.data(), size};
}

}  // namespace

bool RecorderDump::dump(const Recording& recording, std::string_view reason, TimePoint now) {
  if (latest_ && now - *latest_ < kInterval) return false;
  latest_ = now;
  const std::string path = folder_ + "/" + name_at(std::chrono::system_clock::now());
  const std::string text = "# " + std::string{reason} +
                           "; times are seconds before the events were copied\n" +
                           to_text(recording);
  if (!write(path + ".txt", text) || !write(path + ".pcap", to_pcap(recording, wall_offset())))
    return false;
  ++dumps_;
  log::warn("recorder_dumped",
            {{"file", path + ".txt"}, {"events", recording.size()}, {"reason", reason}});
  remove_old();
  return true;
}

bool RecorderDump::write(const std::string& path, std::string_view contents) const {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode);
  while (file >= 0 && !contents.empty()) {
    const ssize_t size = ::write(file, contents.data(), contents.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    contents.remove_prefix(static_cast<std::size_t>(size));
  }
  const std::error_code reason{errno, std::generic_category()};
  if (file >= 0) ::close(file);
  if (file >= 0 && contents.empty()) return true;
  log::error("recorder_not_dumped", {{"file", path}, {"reason", reason.message()}});
  return false;
}

/// Both files of a dump share their name, and a later name is a later time.
void RecorderDump::remove_old() const {
  std::error_code ec;
  std::vector<fs::path> files;
  for (fs::directory_iterator it{folder_, ec}; !ec && it != fs::directory_iterator{};
       it.increment(ec)) {
    const fs::path& path = it->path();
    const bool is_dump = path.filename().string().starts_with(kPrefix) &&
                         (path.extension() == ".txt" || path.extension() == ".pcap");
    if (is_dump) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  if (files.size() <= 2 * kKept) return;
  for (auto it = files.begin(); it != files.end() - 2 * kKept; ++it) fs::remove(*it, ec);
}

}  // namespace sluice::net
