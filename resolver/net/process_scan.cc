#include "resolver/net/process_scan.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

namespace sluice::net {

namespace {

namespace fs = std::filesystem;

// Of a file of /proc: the command lines of Java programs have been seen to have 8 KiB.
constexpr std::size_t kMaxFile = 16'384;

// Without the version that their names may end in.
constexpr std::array<std::string_view, 17> kInterpreters{
    "python", "pypy", "perl", "ruby", "node", "nodejs", "php",   "java", "sh",
    "bash",   "dash", "zsh",  "ksh",  "lua",  "deno",   "tclsh", "bun"};
// Options of theirs whose value is the next argument.
constexpr std::array<std::string_view, 8> kWithValue{
    "-W", "-X", "-r", "--require", "--import", "-cp", "-classpath", "--class-path"};
// What follows is a program's text, not its name.
constexpr std::array<std::string_view, 3> kWithText{"-c", "-e", "--eval"};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& all, std::string_view word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

bool is_interpreter(std::string_view name) {
  return is_among(kInterpreters, name.substr(0, name.find_last_not_of("0123456789.") + 1));
}

std::vector<std::string_view> split_arguments(std::string_view line) {
  std::vector<std::string_view> arguments;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find('\0'), line.size());
    arguments.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return arguments;
}

// Daemons write what they do over their arguments: "nginx: worker process", "sshd: batch@pts/0".
std::string_view program_name(std::string_view first) {
  first = first.substr(0, first.find(' '));
  if (first.ends_with(':')) first.remove_suffix(1);
  if (first.starts_with('-')) first.remove_prefix(1);  // a login shell
  return base_name(first);
}

// "" if none is named.
std::string_view script_name(const std::vector<std::string_view>& arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (is_among(kWithText, argument)) return {};
    // A folder follows, but for Python, which is told to keep to itself.
    const bool names_folder = argument == "-I" && !base_name(arguments[0]).starts_with("python");
    if (names_folder || is_among(kWithValue, argument)) {
      ++i;
    } else if (!argument.starts_with('-')) {  // "-m module" and "-jar file" come here, too
      return base_name(argument);
    }
  }
  return {};
}

std::string read_start(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string text(kMaxFile, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

template <typename Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Of the socket that an entry of /proc/<pid>/fd leads to: "socket:[4711]".
std::optional<std::uint32_t> socket_inode(const fs::path& entry) {
  constexpr std::string_view kBefore = "socket:[";
  std::array<char, 32> target{};
  const ssize_t size = ::readlink(entry.c_str(), target.data(), target.size());
  std::string_view text{target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  if (!text.starts_with(kBefore) || !text.ends_with(']')) return std::nullopt;
  text.remove_prefix(kBefore.size());
  text.remove_suffix(1);
  return read_number<std::uint32_t>(text);
}

Process describe(const fs::path& folder, pid_t pid) {
  std::string name = read_start(folder / "comm");
  if (name.ends_with('\n')) name.pop_back();
  return {.pid = pid,
          .command = command_words(read_start(folder / "cmdline"), name),
          .cgroup = group_path(read_start(folder / "cgroup"))};
}

}  // namespace

std::string command_words(std::string_view command_line, std::string_view name) {
  const auto arguments = split_arguments(command_line);
  std::string words{arguments.empty() ? std::string_view{} : program_name(arguments.front())};
  if (is_interpreter(words))
    if (const std::string_view script = script_name(arguments); !script.empty())
      words.append(" ").append(script);
  if (words.empty()) words = name;
  words.resize(std::min(words.size(), kMaxCommand));
  return words;
}

std::string group_path(std::string_view cgroup_file) {
  std::string_view systemd;
  while (!cgroup_file.empty()) {
    std::string_view path = cgroup_file.substr(0, cgroup_file.find('\n'));
    cgroup_file.remove_prefix(std::min(path.size() + 1, cgroup_file.size()));
    path.remove_prefix(std::min(path.find(':'), path.size()));  // the hierarchy's number
    const auto take = [&](std::string_view controllers) {
      const bool is_it = path.starts_with(controllers);
      if (is_it) path.remove_prefix(controllers.size());
      return is_it && path != "/";
    };
    if (take("::")) return std::string{path};
    if (take(":name=systemd:")) systemd = path;
  }
  return std::string{systemd};
}

FoundProcesses find_processes(const fs::path& proc, std::span<const std::uint32_t> inodes,
                              std::size_t max_descriptors) {
  FoundProcesses found;
  std::set<std::uint32_t> wanted{inodes.begin(), inodes.end()};
  std::size_t read = 0;
  std::error_code ec;
  for (fs::directory_iterator each{proc, ec}, end; !ec && each != end; each.increment(ec)) {
    const auto pid = read_number<pid_t>(each->path().filename().native());
    if (!pid) continue;
    std::error_code gone;  // as processes do at any time
    for (fs::directory_iterator fd{each->path() / "fd", gone}; !gone && fd != end;
         fd.increment(gone)) {
      if (wanted.empty()) return found;
      if (read++ == max_descriptors) {
        found.is_cut = true;
        return found;
      }
      const auto inode = socket_inode(fd->path());
      if (inode && wanted.erase(*inode) > 0)
        found.by_inode.emplace(*inode, describe(each->path(), *pid));
    }
  }
  return found;
}

}  // namespace sluice::net
