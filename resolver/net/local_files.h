#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "resolver/net/file_watcher.h"
#include "resolver/net/local_reading.h"

namespace sluice::net {

/// The largest file that is read; three million names of a blocklist are about as large.
inline constexpr std::size_t kMaxLocalFileBytes = std::size_t{64} << 20;

/// Reads what local names are made of, follows the files, and makes all of it anew when one of them
/// has changed. A file that cannot be read keeps what it said before.
///
/// Reads and parses in the loop's handlers, which may take seconds. Thread-confined to the loop.
class LocalFiles {
 public:
  using Made = std::function<void(std::shared_ptr<const LocalReading>)>;

  LocalFiles(boost::asio::io_context& loop, FileWatcher::Pace pace, Made made)
      : loop_{loop}, pace_{pace}, made_{std::move(made)} {}
  LocalFiles(const LocalFiles&) = delete;
  LocalFiles& operator=(const LocalFiles&) = delete;

  /// Reads everything, also what has been read before.
  void use(LocalSpec spec);
  /// Asks the kernel for addresses, and says something only if they or the host's name are others.
  void refresh_network();

 private:
  struct File {
    LocalFile status;
    std::optional<LocalSpec::List> list;  // none: it is the hosts file
    std::shared_ptr<const local::HostsTable> hosts;
    std::shared_ptr<const local::Blocklist> blocklist;
    std::unique_ptr<FileWatcher> watcher;
  };
  using Files = std::vector<std::unique_ptr<File>>;  // watchers hold pointers to them

  void follow(const std::filesystem::path& path, const std::optional<LocalSpec::List>& list,
              const Files& before);
  void read(File& file) const;
  [[nodiscard]] bool read_network();
  void make() const;

  boost::asio::io_context& loop_;
  FileWatcher::Pace pace_;
  Made made_;
  LocalSpec spec_;
  HostNetwork network_ = host_network_of({}, {});
  std::string host_name_;
  Files files_;
};

/// The names that a host of that name gives itself: the name, its first label, and _gateway.
[[nodiscard]] std::vector<local::OwnName> own_names_of(const std::string& host_name,
                                                       const HostNetwork& network);

}  // namespace sluice::net
