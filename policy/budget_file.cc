#include "policy/budget_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace sluice::policy {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_{fd} {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// What is wrong with `path` by `error` (an errno value), and what to do about it.
std::string explain(const std::string& path, int error) {
  const std::string subject = "budget file " + path + ": ";
  switch (error) {
    case ENOENT:
      return subject + "there is no folder " + folder_of(folder_of(path)) +
             " to make it in; create that folder";
    case ENOTDIR:
      return subject + folder_of(path) + " is not a folder; share budgets in another";
    case EACCES:
    case EPERM:
      return subject + "permission denied; let this process's user or group write the file and " +
             folder_of(path);
    case ELOOP:
      return subject + "it is a symbolic link, which is never followed; remove it";
    case EISDIR:
    case ENXIO:  // a socket
      return subject + "it is not a regular file; remove it";
    case EROFS:
      return subject + "the file system is read-only; share budgets in a writable folder";
    case ENOSPC:
    case EDQUOT:
      return subject + "the file system is full; free 132 KiB";
    default:
      return subject + std::generic_category().message(error) + "; share budgets in another folder";
  }
}

std::string not_a_budget(const std::string& path) {
  return "budget file " + path +
         ": it holds something else or is of another version; remove it when no process uses it";
}

/// 0, or the errno value of the last failed try.
int make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return errno == EEXIST ? 0 : errno;
  // As promised, whatever the umask: other users' sharers must reach the file.
  return ::chmod(folder.c_str(), 0755) == 0 ? 0 : errno;
}

int open_or_create(const std::string& path) {
  // O_NONBLOCK: should the path be a FIFO or a device, opening it must not hang.
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                0660);
}

/// True if the file has no magic yet: new, or another creator is just bringing it to its size,
/// which some file systems do in steps.
bool is_blank(int fd) {
  std::uint64_t magic = 0;
  return ::pread(fd, &magic, sizeof magic, 0) >= 0 && magic == 0;
}

/// Brings a new file to its size; the error, or nullopt if it is a file of ours to map.
std::optional<std::string> prepare(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return explain(path, errno);
  if (!S_ISREG(status.st_mode)) return explain(path, EISDIR);
  if (status.st_size >= static_cast<off_t>(BudgetFile::kSize)) return std::nullopt;
  if (!is_blank(fd)) return not_a_budget(path);
  // New, so ours to open to the group whatever the umask; unless another creator was first.
  if (status.st_uid == ::geteuid() && ::fchmod(fd, 0660) != 0) return explain(path, errno);
  // Allocates the pages now: a sparse file on a full tmpfs would end in SIGBUS at the first write.
  // Two creators may both do it, since it neither shrinks nor clears.
  const int error = ::posix_fallocate(fd, 0, BudgetFile::kSize);
  if (error != 0) return explain(path, error);
  return std::nullopt;
}

/// True if the word is ours: it was before, or it is all new.
bool claim(BudgetWord& word) noexcept {
  std::uint64_t magic = 0;
  return word.magic.compare_exchange_strong(magic, BudgetWord::kMagic) ||
         magic == BudgetWord::kMagic;
}

}  // namespace

Result<std::shared_ptr<BudgetFile>, std::string> BudgetFile::open(const std::string& path) {
  int fd = open_or_create(path);
  if (fd < 0 && errno == ENOENT) {
    if (const int error = make_folder(folder_of(path)); error != 0) return explain(path, error);
    fd = open_or_create(path);
  }
  if (fd < 0) return explain(path, errno);
  Descriptor file{fd};
  if (auto problem = prepare(file.get(), path)) return std::move(*problem);

  void* address = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) return explain(path, errno);
  // The pages are a BudgetWord by their layout, of zeros when new; nothing is constructed in them,
  // since others may be using it.
  std::shared_ptr<BudgetFile> budget{
      new BudgetFile{file.release(), static_cast<BudgetWord*>(address)}};

  // Only now: a file that was cut short between its check and the mapping would end in SIGBUS.
  struct stat status {};
  if (::fstat(budget->descriptor_, &status) != 0) return explain(path, errno);
  if (status.st_size < static_cast<off_t>(kSize) || !claim(budget->word()))
    return not_a_budget(path);
  return budget;
}

BudgetFile::~BudgetFile() {
  ::munmap(word_, kSize);
  ::close(descriptor_);
}

bool BudgetFile::try_to_watch() const noexcept {
  return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

void BudgetFile::stop_watching() const noexcept { ::flock(descriptor_, LOCK_UN); }

}  // namespace sluice::policy
