#include "resolver/net/group_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace sluice::net {

namespace {

// As container engines' own tools show them.
constexpr std::size_t kShortId = 12;
// Of a whole ID, which is a group's name by itself where cgroupfs is the driver.
constexpr std::size_t kWholeId = 64;

// "docker-0123456789ab.scope": who wrote it, and the ID behind.
constexpr std::array<std::string_view, 5> kEngines{"cri-containerd-", "crio-", "docker-", "libpod-",
                                                   "nerdctl-"};
constexpr std::array<std::string_view, 5> kUnits{".service", ".scope", ".socket", ".mount",
                                                 ".swap"};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

bool is_id(std::string_view text, std::size_t least) {
  return text.size() >= least && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// The short ID of the container that a group is, if it is one.
std::optional<std::string_view> container_id(std::string_view group) {
  constexpr std::string_view kScope = ".scope";
  if (group.ends_with(kScope)) group.remove_suffix(kScope.size());
  for (const std::string_view engine : kEngines)
    if (group.starts_with(engine) && is_id(group.substr(engine.size()), kShortId))
      return group.substr(engine.size(), kShortId);
  if (group.size() == kWholeId && is_id(group, kWholeId)) return group.substr(0, kShortId);
  return std::nullopt;
}

// The UID of the pod that a group is, if it is one: "kubepods-burstable-podUID.slice" with
// underscores, or "podUID".
std::optional<std::string> pod_uid(std::string_view group) {
  constexpr std::string_view kSlice = ".slice";
  constexpr std::string_view kPod = "pod";
  const bool is_slice = group.ends_with(kSlice);
  if (is_slice) {
    if (!group.starts_with("kubepods-")) return std::nullopt;
    group.remove_suffix(kSlice.size());
    group.remove_prefix(group.rfind('-') + 1);
  }
  if (!group.starts_with(kPod) || group.size() == kPod.size()) return std::nullopt;
  std::string uid{group.substr(kPod.size())};
  if (is_slice) std::replace(uid.begin(), uid.end(), '_', '-');
  return uid;
}

bool is_unit(std::string_view group) {
  return std::any_of(kUnits.begin(), kUnits.end(), [&](std::string_view suffix) {
    return group.size() > suffix.size() && group.ends_with(suffix);
  });
}

// The pod among `groups`, which lead down to it: only below "kubepods" is "podUID" a pod.
std::optional<std::string> pod_among(const std::vector<std::string_view>& groups) {
  bool is_kubernetes = false;
  for (const std::string_view group : groups) {
    if (is_kubernetes)
      if (auto uid = pod_uid(group)) return uid;
    is_kubernetes = is_kubernetes || group == "kubepods" || group == "kubepods.slice";
  }
  return std::nullopt;
}

}  // namespace

GroupName group_name(std::string_view path) {
  const auto groups = split(path);
  std::optional<std::string_view> container;
  for (const std::string_view group : groups)
    if (!container) container = container_id(group);  // the outermost: others run in it

  if (const auto pod = pod_among(groups)) {
    std::string name = "pod " + *pod;
    if (container) name.append("/").append(*container);
    return {ClientKind::pod, std::move(name)};
  }
  if (container) return {ClientKind::container, "container " + std::string{*container}};
  const auto unit = std::find_if(groups.rbegin(), groups.rend(), is_unit);
  if (unit != groups.rend()) return {ClientKind::unit, std::string{*unit}};
  return {ClientKind::cgroup, std::string{path}};
}

}  // namespace sluice::net
