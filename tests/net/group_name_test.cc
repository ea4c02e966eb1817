#include "resolver/net/group_name.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::net {

// For messages of failed tests.
static void PrintTo(const GroupName& group, std::ostream* out) {
  *out << to_string(group.kind) << " \"" << group.name << '"';
}

namespace {

const std::string kId = "3f4e5d6c7b8a90123f4e5d6c7b8a90123f4e5d6c7b8a90123f4e5d6c7b8a9012";
const std::string kPod = "8f2b0c1e-1111-4222-8333-123456789abc";
const std::string kSlicedPod = "8f2b0c1e_1111_4222_8333_123456789abc";

GroupName unit(std::string name) { return {ClientKind::unit, std::move(name)}; }
GroupName cgroup(std::string name) { return {ClientKind::cgroup, std::move(name)}; }
const GroupName kContainer{ClientKind::container, "container 3f4e5d6c7b8a"};
const GroupName kContainerOfPod{ClientKind::pod, "pod " + kPod + "/3f4e5d6c7b8a"};

TEST(GroupName, OfAServiceIsItsUnit) {
  EXPECT_EQ(group_name("/system.slice/foo.service"), unit("foo.service"));
  EXPECT_EQ(group_name("/system.slice/system-getty.slice/getty@tty1.service"),
            unit("getty@tty1.service"));
  EXPECT_EQ(group_name("/init.scope"), unit("init.scope"));
  EXPECT_EQ(group_name("/system.slice/var-data.mount"), unit("var-data.mount"));
}

TEST(GroupName, OfAGroupThatAServiceMadeIsTheService) {
  EXPECT_EQ(group_name("/system.slice/foo.service/workers/7"), unit("foo.service"));
}

TEST(GroupName, IsTheInnermostUnit) {
  EXPECT_EQ(group_name("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope"),
            unit("app-x.scope"));
  EXPECT_EQ(group_name("/user.slice/user-1000.slice/session-3.scope"), unit("session-3.scope"));
}

TEST(GroupName, OfAMachineIsItsUnit) {
  EXPECT_EQ(group_name("/machine.slice/machine-web.scope"), unit("machine-web.scope"));
  EXPECT_EQ(group_name("/machine.slice/systemd-nspawn@web.service/payload"),
            unit("systemd-nspawn@web.service"));
}

TEST(GroupName, OfAPodsContainerTellsBoth) {
  EXPECT_EQ(group_name("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" +
                       kSlicedPod + ".slice/cri-containerd-" + kId + ".scope"),
            kContainerOfPod);
  EXPECT_EQ(
      group_name("/kubepods.slice/kubepods-pod" + kSlicedPod + ".slice/crio-" + kId + ".scope"),
      kContainerOfPod)
      << "of the guaranteed class";
  EXPECT_EQ(group_name("/kubepods/burstable/pod" + kPod + "/" + kId), kContainerOfPod);
  EXPECT_EQ(group_name("/kubelet.slice/kubepods.slice/kubepods-pod" + kSlicedPod +
                       ".slice/cri-containerd-" + kId + ".scope"),
            kContainerOfPod)
      << "of a cluster that itself runs in a container";
}

TEST(GroupName, OfAPodWithoutContainerIsThePod) {
  EXPECT_EQ(group_name("/kubepods/besteffort/pod" + kPod),
            (GroupName{ClientKind::pod, "pod " + kPod}));
}

TEST(GroupName, OfAContainerIsItsShortId) {
  EXPECT_EQ(group_name("/system.slice/docker-" + kId + ".scope"), kContainer);
  EXPECT_EQ(group_name("/docker/" + kId), kContainer);
  EXPECT_EQ(group_name("/machine.slice/libpod-" + kId + ".scope"), kContainer);
  EXPECT_EQ(group_name("/machine.slice/libpod-" + kId + ".scope/container"), kContainer);
  EXPECT_EQ(group_name("/ecs/0123456789abcdef0123456789abcdef/" + kId), kContainer);
}

TEST(GroupName, OfWhatRunsInAContainerIsTheContainer) {
  EXPECT_EQ(group_name("/system.slice/docker-" + kId + ".scope/system.slice/nginx.service"),
            kContainer);
}

TEST(GroupName, IsThePathWhereNothingElseIsKnown) {
  for (const std::string path :
       {"/", "/batch", "/batch/ptr", "/system.slice", "/user.slice/user-1000.slice", "", "//"})
    EXPECT_EQ(group_name(path), cgroup(path));
}

TEST(GroupName, NeedsMoreThanAnApparentIdOrPod) {
  EXPECT_EQ(group_name("/docker/0123456789ab"), cgroup("/docker/0123456789ab")) << "no whole ID";
  EXPECT_EQ(group_name("/system.slice/docker-proxy.scope"), unit("docker-proxy.scope"));
  EXPECT_EQ(group_name("/machine.slice/libpod-conmon-" + kId + ".scope"),
            unit("libpod-conmon-" + kId + ".scope"))
      << "the engine's monitor, not the container";
  EXPECT_EQ(group_name("/batch/podium"), cgroup("/batch/podium")) << "not below kubepods";
  EXPECT_EQ(group_name("/kubepods/pod"), cgroup("/kubepods/pod")) << "no UID";
  EXPECT_EQ(group_name("/batch/.service"), cgroup("/batch/.service")) << "no name";
}

TEST(GroupName, LeavesOddOctetsAsTheyAre) {
  const std::string odd = "a\n\x1b[2J\xff\".service";

  EXPECT_EQ(group_name("/system.slice/" + odd), unit(odd));
}

}  // namespace
}  // namespace sluice::net
