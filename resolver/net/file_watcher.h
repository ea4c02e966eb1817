#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/base/clock.h"

namespace sluice::net {

/// Calls back when one of some files may have another content: written, replaced by renaming,
/// removed, made again, or reached by a link or through a folder that leads elsewhere now.
///
/// inotify only says when to look; what has changed is what stat(2) then says. So a file that does
/// not exist yet, a folder that is missing, a report that the kernel dropped (IN_Q_OVERFLOW) and a
/// file system that reports nothing need no path of their own: at the latest, the next look finds
/// it. Does not read the files.
///
/// Read the files after the watcher is made: it reports what changes from then on. A write within
/// the same tick of the file system's clock as the one before (some ms) may be taken for that one.
///
/// Thread-confined to the loop. stat(2) blocks if the file system does: where that may be one of
/// the network, use a loop that may wait. Must not be destroyed by its own call.
class FileWatcher {
 public:
  using Changed = std::function<void()>;
  struct Pace {
    Duration settle = std::chrono::milliseconds{200};   ///< quiet for so long: the writer is done
    Duration longest_settle = std::chrono::seconds{2};  ///< though it never is quiet
    Duration look_again = std::chrono::seconds{10};     ///< where inotify says nothing
  };

  FileWatcher(boost::asio::io_context& loop, std::vector<std::filesystem::path> files,
              Changed changed, Pace pace);
  FileWatcher(boost::asio::io_context& loop, std::vector<std::filesystem::path> files,
              Changed changed)
      : FileWatcher{loop, std::move(files), std::move(changed), Pace{}} {}
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

 private:
  /// What of a file changes with its content.
  struct Signature {
    std::uint64_t device, inode, size;
    std::int64_t modified_s, modified_ns, changed_s, changed_ns;
    friend bool operator==(const Signature&, const Signature&) = default;
  };
  using Signatures = std::vector<std::optional<Signature>>;  // in the order of the files

  [[nodiscard]] static std::optional<Signature> signature_of(const std::filesystem::path& file);
  [[nodiscard]] Signatures signatures() const;
  void watch();
  void watch_way_to(const std::filesystem::path& file);
  void add_watch(const std::filesystem::path& place);
  void await_event();
  [[nodiscard]] bool concerns_us(std::size_t size) const noexcept;
  void look_soon();
  void look_at(TimePoint when);
  void look();

  std::vector<std::filesystem::path> files_;
  Changed changed_;
  Pace pace_;
  Signatures seen_;
  TimePoint first_event_ = kNever;  // of those that the timer waits for the end of

  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::vector<int> watches_;
  std::vector<std::string> names_;  // that matter, in whatever folder
  alignas(std::uint64_t) std::array<char, 4'096> events_{};
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sluice::net
