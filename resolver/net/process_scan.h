#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace sluice::net {

/// A program that runs.
struct Process {
  pid_t pid = 0;
  std::string command;  ///< command_words()
  std::string cgroup;   ///< group_path(); may be empty

  bool operator==(const Process&) const = default;
};

/// What people call a program, of its command line (arguments that end with NUL each) and its name
/// in the kernel: the file's name without folders and, for an interpreter, the script's, the
/// module's or the class's, "python3 ptr_job.py". Other arguments are left out, since they may be
/// secrets. At most kMaxCommand octets, any of them. Pure.
[[nodiscard]] std::string command_words(std::string_view command_line, std::string_view name);
inline constexpr std::size_t kMaxCommand = 64;

/// The group in the text of /proc/<pid>/cgroup: that of version 2, or, where all are in its root,
/// that of systemd's own hierarchy. "" if it names neither. Pure.
[[nodiscard]] std::string group_path(std::string_view cgroup_file);

/// Programs that were looked for.
struct FoundProcesses {
  std::map<std::uint32_t, Process> by_inode;
  bool is_cut = false;  ///< kMaxDescriptorsRead reached
};

/// Open files that one scan takes in.
inline constexpr std::size_t kMaxDescriptorsRead = 200'000;

/// Looks through the open files of all processes below `proc` (/proc) until the holder of each
/// socket in `inodes` is found; of several holders, any. Takes some ms, on large hosts some
/// hundred: for a thread that may wait. Other users' processes tell their files only to root
/// (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH); what is not told is not found.
[[nodiscard]] FoundProcesses find_processes(const std::filesystem::path& proc,
                                            std::span<const std::uint32_t> inodes,
                                            std::size_t max_descriptors = kMaxDescriptorsRead);

}  // namespace sluice::net
