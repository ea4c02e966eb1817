#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::net {

/// Where this process sees the control groups of version 2.
struct CgroupMount {
  std::filesystem::path folder;
  std::string root;  ///< the group that is mounted there: "" for the root, "/docker/ID" for less

  bool operator==(const CgroupMount&) const = default;
};

/// The mount in the text of /proc/self/mountinfo (proc(5)) that shows most: one of the root group,
/// else the first. nullopt if there is none, as on hosts that only have version 1. Pure.
[[nodiscard]] std::optional<CgroupMount> find_cgroup_mount(std::string_view mountinfo);

/// Groups that were looked for.
struct FoundGroups {
  std::map<std::uint64_t, std::string> paths;  ///< by ID, from the root: "/system.slice/a.service"
  bool is_cut = false;                         ///< kMaxGroupsRead reached
};

/// Groups that one look takes in, for all that are looked for.
inline constexpr std::size_t kMaxGroupsRead = 20'000;

/// Walks the groups from the top until all `ids` are found: a group's ID is the inode of its
/// folder. Takes some 20 us a group; for a thread that may wait. Groups that come or go meanwhile
/// do no harm. What lies above or beside the mount is not found.
[[nodiscard]] FoundGroups find_groups(const CgroupMount& mount, std::span<const std::uint64_t> ids,
                                      std::size_t max_groups = kMaxGroupsRead);

}  // namespace sluice::net
