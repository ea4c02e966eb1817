#include "resolver/net/cgroup_tree.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/net/fake_tree.h"

namespace sluice::net {
namespace {

using Paths = std::map<std::uint64_t, std::string>;

TEST(CgroupMount, IsFoundAmongOthers) {
  EXPECT_EQ(find_cgroup_mount("31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                              "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                              "38 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"),
            (CgroupMount{"/sys/fs/cgroup/unified", ""}));
}

TEST(CgroupMount, IsFoundBehindAnyNumberOfOptionalFields) {
  EXPECT_EQ(find_cgroup_mount("38 31 0:31 / /a rw shared:7 master:1 - cgroup2 cgroup2 rw"),
            (CgroupMount{"/a", ""}));
}

TEST(CgroupMount, IsTheOneOfTheRootGroup) {
  EXPECT_EQ(find_cgroup_mount("38 31 0:31 /docker/1 /a rw - cgroup2 cgroup2 rw\n"
                              "39 31 0:31 / /b rw - cgroup2 cgroup2 rw\n"
                              "40 31 0:31 / /c rw - cgroup2 cgroup2 rw\n"),
            (CgroupMount{"/b", ""}));
}

TEST(CgroupMount, OfLessThanAllSaysOfWhat) {
  EXPECT_EQ(find_cgroup_mount("38 31 0:31 /docker/1 /a rw - cgroup2 cgroup2 rw"),
            (CgroupMount{"/a", "/docker/1"}));
  EXPECT_EQ(find_cgroup_mount("38 31 0:31 /../.. /a rw - cgroup2 cgroup2 rw"),
            (CgroupMount{"/a", ""}))
      << "of a group above ours, whose name we cannot know";
}

TEST(CgroupMount, MayHaveSpacesInItsName) {
  EXPECT_EQ(find_cgroup_mount(R"(38 31 0:31 / /a\040b\134c\09 rw - cgroup2 cgroup2 rw)"),
            (CgroupMount{R"(/a b\c\09)", ""}));
}

TEST(CgroupMount, IsNotFoundWhereThereIsNone) {
  for (const char* text :
       {"", "\n\n", "32 31 0:29 / /cgroup2 rw - cgroup cgroup2 rw", "38 31 0:31 / /a rw",
        "38 31 0:31 / /a rw -", "38 31 0:31 / /a rw cgroup2 cgroup2 rw", "- cgroup2"})
    EXPECT_EQ(find_cgroup_mount(text), std::nullopt) << text;
}

TEST(CgroupTree, FindsGroupsByTheInodesOfTheirFolders) {
  FakeTree tree;
  const std::uint64_t root = tree.add_folder("groups");
  const std::uint64_t service = tree.add_folder("groups/system.slice/a.service");
  const std::uint64_t batch = tree.add_folder("groups/batch");
  tree.add_folder("groups/batch/more");
  tree.add_file("groups/batch/cgroup.procs", "");

  EXPECT_EQ(find_groups({tree.root() / "groups", ""}, std::array{service, batch}).paths,
            (Paths{{service, "/system.slice/a.service"}, {batch, "/batch"}}));
  EXPECT_EQ(find_groups({tree.root() / "groups", ""}, std::array{root}).paths,
            (Paths{{root, "/"}}));
  EXPECT_EQ(find_groups({tree.root() / "groups", "/docker/1"}, std::array{root, batch}).paths,
            (Paths{{root, "/docker/1"}, {batch, "/docker/1/batch"}}))
      << "from the root, though less than all is mounted";
}

TEST(CgroupTree, FindsWhatThereIsThoughTheRestIsGone) {
  FakeTree tree;
  const std::uint64_t gone = tree.add_folder("gone");
  const std::uint64_t kept = tree.add_folder("kept");
  std::filesystem::remove(tree.root() / "gone");
  tree.add_folder("zzz");  // which may get the inode; then it is found by it

  const FoundGroups found = find_groups({tree.root(), ""}, std::array{gone, kept});

  EXPECT_EQ(found.paths.at(kept), "/kept");
  EXPECT_FALSE(found.is_cut);
  EXPECT_EQ(find_groups({tree.root() / "nowhere", ""}, std::array{kept}).paths, Paths{});
}

TEST(CgroupTree, FollowsNoLinks) {
  FakeTree tree;
  const std::uint64_t outside = tree.add_folder("outside/group");
  tree.add_folder("groups");
  tree.add_link("groups/link", "../outside");

  EXPECT_EQ(find_groups({tree.root() / "groups", ""}, std::array{outside}).paths, Paths{});
}

TEST(CgroupTree, StopsWhereThereAreTooMany) {
  FakeTree tree;
  for (int i = 0; i < 8; ++i) tree.add_folder("group" + std::to_string(i));
  const std::uint64_t below = tree.add_folder("group7/below");
  const CgroupMount mount{tree.root(), ""};

  EXPECT_TRUE(find_groups(mount, std::array{below}, 9).is_cut) << "the root and eight";
  EXPECT_EQ(find_groups(mount, std::array{below}, 9).paths, Paths{});
  EXPECT_EQ(find_groups(mount, std::array{below}, 10).paths, (Paths{{below, "/group7/below"}}));
  EXPECT_FALSE(find_groups(mount, std::array{below}, 10).is_cut);
}

}  // namespace
}  // namespace sluice::net
