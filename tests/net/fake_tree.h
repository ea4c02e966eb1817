#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

/// Folders that stand in for /proc and for the control groups.
namespace sluice::net {

/// A folder of this test alone, gone with this object.
class FakeTree {
 public:
  FakeTree() {
    std::string pattern = testing::TempDir() + "sluice-tree-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    root_ = pattern;
  }
  ~FakeTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// Makes a folder, and those above it, and returns its inode.
  std::uint64_t add_folder(std::string_view path) {
    std::filesystem::create_directories(root_ / path);
    struct stat status {};
    ::stat((root_ / path).c_str(), &status);
    return status.st_ino;
  }
  std::filesystem::path add_file(std::string_view path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream{root_ / path, std::ios::binary} << text;
    return root_ / path;
  }
  void add_link(std::string_view path, std::string_view target) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(target, root_ / path);
  }

  /// A process as proc(5) shows it, with one open file.
  void add_process(std::string_view pid, std::string_view command_line, std::string_view cgroup,
                   std::string_view open_file) {
    const std::string folder{pid};
    add_file(folder + "/comm", "fifteen letters\n");
    add_file(folder + "/cmdline", command_line);
    add_file(folder + "/cgroup", cgroup);
    add_link(folder + "/fd/3", open_file);
  }

  /// The line of /proc/self/mountinfo for groups that are mounted at a folder of this tree.
  [[nodiscard]] std::string mount_line(std::string_view folder) const {
    return "38 31 0:31 / " + (root_ / folder).native() + " rw,relatime - cgroup2 cgroup2 rw\n";
  }

 private:
  std::filesystem::path root_;
};

}  // namespace sluice::net
