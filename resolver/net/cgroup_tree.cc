#include "resolver/net/cgroup_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>
#include <system_error>
#include <vector>

namespace sluice::net {

namespace {

namespace fs = std::filesystem;

// Space, tab, line feed and backslash stand as three octal digits there.
std::string unescape(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    unsigned octet = 0;
    const std::string_view digits = text.substr(1, 3);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 8);
    const bool is_escape = text[0] == '\\' && digits.size() == 3 && ec == std::errc{} &&
                           end == digits.data() + digits.size() && octet < 256;
    result += is_escape ? static_cast<char>(octet) : text[0];
    text.remove_prefix(is_escape ? 4 : 1);
  }
  return result;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// One line: "38 31 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw".
std::optional<CgroupMount> read_mount(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) words.push_back(take_until(line, ' '));
  constexpr std::size_t kRoot = 3;
  constexpr std::size_t kFolder = 4;
  constexpr std::size_t kOptional = 6;  // any number of fields, and a dash
  if (words.size() <= kOptional) return std::nullopt;
  const auto dash = std::find(words.begin() + kOptional, words.end(), "-");
  if (words.end() - dash < 2 || dash[1] != "cgroup2") return std::nullopt;
  std::string root = unescape(words[kRoot]);
  // Of a namespace whose root lies below: what leads there has no name here.
  if (root == "/" || root.starts_with("/..")) root.clear();
  return CgroupMount{unescape(words[kFolder]), std::move(root)};
}

}  // namespace

std::optional<CgroupMount> find_cgroup_mount(std::string_view mountinfo) {
  std::optional<CgroupMount> best;
  while (!mountinfo.empty()) {
    auto mount = read_mount(take_until(mountinfo, '\n'));
    if (mount && (!best || (mount->root.empty() && !best->root.empty()))) best = std::move(mount);
  }
  return best;
}

FoundGroups find_groups(const CgroupMount& mount, std::span<const std::uint64_t> ids,
                        std::size_t max_groups) {
  FoundGroups found;
  std::set<std::uint64_t> wanted{ids.begin(), ids.end()};
  std::deque<std::string> waiting{""};  // paths below the mount
  for (std::size_t read = 0; !waiting.empty() && !wanted.empty(); ++read) {
    if (read == max_groups) {
      found.is_cut = true;
      break;
    }
    const std::string path = std::move(waiting.front());
    waiting.pop_front();
    const std::string folder = mount.folder.native() + path;
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) continue;
    if (wanted.erase(status.st_ino) > 0) {
      const std::string whole = mount.root + path;
      found.paths.emplace(status.st_ino, whole.empty() ? "/" : whole);
    }
    std::error_code ec;
    for (fs::directory_iterator each{folder, ec}, end; !ec && each != end; each.increment(ec)) {
      if (waiting.size() + read >= max_groups) break;  // more would not be read anyway
      std::error_code gone;
      if (each->symlink_status(gone).type() == fs::file_type::directory)
        waiting.push_back(path + "/" + each->path().filename().native());
    }
  }
  return found;
}

}  // namespace sluice::net
