#include "resolver/net/spender_look.h"

#include <pwd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "resolver/net/cgroup_tree.h"
#include "resolver/net/group_name.h"
#include "resolver/net/process_scan.h"

namespace sluice::net {

namespace {

constexpr std::size_t kUserRecord = 16'384;

// "user 1000 (batch)".
std::string user_text(std::uint32_t uid) {
  std::string text = "user " + std::to_string(uid);
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, kUserRecord> record{};
  if (::getpwuid_r(uid, &entry, record.data(), record.size(), &found) == 0 && found != nullptr)
    text.append(" (").append(entry.pw_name).append(")");
  return text;
}

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

SpenderWords words_of(const Process& process, std::uint32_t uid) {
  std::string detail = user_text(uid) + ", process " + std::to_string(process.pid);
  if (!process.cgroup.empty()) detail += ", cgroup " + process.cgroup;
  return {.client = process.command,
          .kind = ClientKind::process,
          .detail = std::move(detail),
          .uid = uid};
}

SpenderFindings::Name name_group(const WantedSpenders::Name& wanted, const FoundGroups& groups) {
  const auto it = groups.paths.find(wanted.spender.cgroup_id());
  if (it == groups.paths.end()) {
    SpenderWords words = words_by_number(wanted.spender);
    words.detail = "gone, or not to be seen from here";
    words.uid = wanted.uid;
    return {wanted.spender, std::move(words), true};
  }
  GroupName group = group_name(it->second);
  return {wanted.spender,
          {.client = std::move(group.name),
           .kind = group.kind,
           .detail = "cgroup " + it->second,
           .uid = wanted.uid}};
}

SpenderFindings::Name name_user(const Spender& spender) {
  SpenderWords words = words_by_number(spender);
  words.client = user_text(spender.uid());
  return {spender, std::move(words)};
}

SpenderFindings look_for_holders(const std::vector<ClientSocket>& sockets,
                                 const std::filesystem::path& proc, HashKey key) {
  std::vector<std::uint32_t> inodes;
  inodes.reserve(sockets.size());
  for (const ClientSocket& socket : sockets) inodes.push_back(socket.inode);
  const FoundProcesses found = find_processes(proc, inodes);

  SpenderFindings findings{.process_scans = 1, .scans_cut = found.is_cut ? 1U : 0U};
  for (const ClientSocket& socket : sockets) {
    const auto it = found.by_inode.find(socket.inode);
    if (it == found.by_inode.end()) continue;
    SipHasher command{key};
    command.add(std::as_bytes(std::span{it->second.command}));
    const Spender spender = Spender::of_process(socket.uid, command.finish());
    findings.holders.push_back({socket.inode, spender});
    findings.names.push_back({spender, words_of(it->second, socket.uid)});
  }
  return findings;
}

FoundGroups look_for_groups(std::span<const std::uint64_t> ids,
                            const std::filesystem::path& mounts) {
  const auto mount = find_cgroup_mount(read_all(mounts));
  return mount ? find_groups(*mount, ids) : FoundGroups{};
}

}  // namespace

SpenderWords words_by_number(const Spender& spender) {
  switch (spender.kind) {
    case SpenderKind::unknown:
      return {.client = "unknown", .kind = ClientKind::unknown};
    case SpenderKind::address:
      return {.client = spender.address().to_string(), .kind = ClientKind::address};
    case SpenderKind::cgroup:
      return {.client = "cgroup " + std::to_string(spender.cgroup_id()),
              .kind = ClientKind::cgroup};
    case SpenderKind::process:
      return {.client = "a program of user " + std::to_string(spender.uid()),
              .kind = ClientKind::process,
              .uid = spender.uid()};
    case SpenderKind::user:
      return {.client = "user " + std::to_string(spender.uid()),
              .kind = ClientKind::user,
              .uid = spender.uid()};
  }
  return {};
}

SpenderFindings look_for(const WantedSpenders& wanted, const SpenderSources& sources, HashKey key) {
  SpenderFindings findings;
  if (!wanted.sockets.empty()) findings = look_for_holders(wanted.sockets, sources.proc, key);

  std::vector<std::uint64_t> ids;
  for (const auto& [spender, uid] : wanted.names)
    if (spender.kind == SpenderKind::cgroup) ids.push_back(spender.cgroup_id());
  FoundGroups groups;
  if (!ids.empty()) {
    groups = look_for_groups(ids, sources.mounts);
    findings.group_scans = 1;
    findings.scans_cut += groups.is_cut ? 1 : 0;
  }
  for (const WantedSpenders::Name& name : wanted.names)
    findings.names.push_back(name.spender.kind == SpenderKind::cgroup ? name_group(name, groups)
                                                                      : name_user(name.spender));
  return findings;
}

}  // namespace sluice::net
