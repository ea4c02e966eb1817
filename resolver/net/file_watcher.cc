#include "resolver/net/file_watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include <boost/asio/buffer.hpp>

namespace sluice::net {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE |
                                  IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
// As many as the kernel follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

}  // namespace

FileWatcher::FileWatcher(boost::asio::io_context& loop, std::vector<fs::path> files,
                         Changed changed, Pace pace)
    : files_{std::move(files)},
      changed_{std::move(changed)},
      pace_{pace},
      inotify_{loop},
      timer_{loop} {
  if (const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); fd >= 0) inotify_.assign(fd);
  watch();  // before the first look, so that no change falls between
  seen_ = signatures();
  await_event();
  look_at(Clock::now() + pace_.look_again);
}

std::optional<FileWatcher::Signature> FileWatcher::signature_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Signature{.device = status.st_dev,
                   .inode = status.st_ino,
                   .size = static_cast<std::uint64_t>(status.st_size),
                   .modified_s = status.st_mtim.tv_sec,
                   .modified_ns = status.st_mtim.tv_nsec,
                   .changed_s = status.st_ctim.tv_sec,
                   .changed_ns = status.st_ctim.tv_nsec};
}

FileWatcher::Signatures FileWatcher::signatures() const {
  Signatures all;
  for (const auto& file : files_) all.push_back(signature_of(file));
  return all;
}

/// Watches what leads to the files now, and no longer what led there before.
void FileWatcher::watch() {
  if (!inotify_.is_open()) return;
  std::vector<int> before;
  before.swap(watches_);
  names_.clear();
  for (const auto& file : files_) {
    std::error_code ec;
    watch_way_to(fs::absolute(file, ec));
    // A file that is mounted by itself, as container runtimes mount it, is written in place, and
    // its folder here never hears of that.
    add_watch(file);
  }
  for (const int old : before)
    if (std::find(watches_.begin(), watches_.end(), old) == watches_.end())
      ::inotify_rm_watch(inotify_.native_handle(), old);
}

/// Watches each folder in which the way to `file` may turn: that of the file, that of each link on
/// the way, and, where the way ends early, the last folder that exists.
void FileWatcher::watch_way_to(const fs::path& file) {
  std::error_code ec;
  fs::path way = file;
  for (int links = 0; links <= kMaxLinks; ++links) {
    fs::path walked;
    fs::path next;
    for (auto part = way.begin(); part != way.end(); ++part) {
      const fs::path here = walked / *part;
      const auto type = fs::symlink_status(here, ec).type();
      if (type != fs::file_type::directory) {
        add_watch(walked);
        names_.push_back(part->string());
      }
      if (type == fs::file_type::symlink) {
        next = walked / fs::read_symlink(here, ec);  // an absolute one replaces what was walked
        while (++part != way.end()) next /= *part;
        break;
      }
      if (type != fs::file_type::directory) return;
      walked = here;
    }
    if (next.empty()) return;
    way = std::move(next);
  }
}

void FileWatcher::add_watch(const fs::path& place) {
  // Watching what is watched already changes nothing and gives the same number.
  const int watch = ::inotify_add_watch(inotify_.native_handle(), place.c_str(), kEvents);
  if (watch >= 0) watches_.push_back(watch);
}

void FileWatcher::await_event() {
  if (!inotify_.is_open()) return;
  inotify_.async_read_some(
      boost::asio::buffer(events_.data(), events_.size()),
      [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec, std::size_t size) {
        if (ec || alive.expired()) return;
        if (concerns_us(size)) look_soon();
        await_event();
      });
}

/// What has no name concerns a watched file or folder itself, or is an overflow.
bool FileWatcher::concerns_us(std::size_t size) const noexcept {
  for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
    inotify_event event{};
    std::memcpy(&event, events_.data() + at, sizeof event);
    const std::string_view name = event.len == 0 ? "" : events_.data() + at + sizeof event;
    if (name.empty() || std::find(names_.begin(), names_.end(), name) != names_.end()) return true;
    at += sizeof event + event.len;
  }
  return false;
}

void FileWatcher::look_soon() {
  const TimePoint now = Clock::now();
  if (first_event_ == kNever) first_event_ = now;
  look_at(std::min(now + pace_.settle, first_event_ + pace_.longest_settle));
}

void FileWatcher::look_at(TimePoint when) {
  timer_.expires_at(when);  // cancels the wait before
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    look();
  });
}

void FileWatcher::look() {
  first_event_ = kNever;
  watch();  // first, so that no change falls between
  Signatures now = signatures();
  look_at(Clock::now() + pace_.look_again);
  if (now == seen_) return;
  seen_ = std::move(now);
  changed_();
}

}  // namespace sluice::net
