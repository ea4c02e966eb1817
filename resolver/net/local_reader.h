#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "resolver/net/file_watcher.h"
#include "resolver/net/local_reading.h"

namespace sluice::net {

/// Keeps local names up to date on a thread of its own: no large blocklist, slow file system or
/// busy kernel ever stops the engine.
///
/// Calls `changed` on the engine's loop with the first reading, and with a new one whenever a file
/// or the host's network has changed. A file that has become unreadable keeps what it said before.
/// Logs each file that was read or could not be, and lines that were skipped.
///
/// Old readings are freed on the thread, too, once nobody else holds them: a million names are not
/// freed in no time either. The thread ends by itself soon after this object does, which does not
/// wait for it. Thread-confined to the engine's loop but for that thread.
class LocalReader {
 public:
  using Changed = std::function<void(std::shared_ptr<const LocalReading>)>;

  LocalReader(boost::asio::io_context& engine_loop, LocalSpec spec, Changed changed,
              FileWatcher::Pace pace);
  LocalReader(boost::asio::io_context& engine_loop, LocalSpec spec, Changed changed)
      : LocalReader{engine_loop, std::move(spec), std::move(changed), FileWatcher::Pace{}} {}
  ~LocalReader();
  LocalReader(const LocalReader&) = delete;
  LocalReader& operator=(const LocalReader&) = delete;

  /// After a reload of the configuration: reads everything anew. Files that stay keep what they
  /// said, should they not be readable now.
  void use(LocalSpec spec);

  /// The host's addresses or routes may be others (InterfacesWatcher). Reads no file.
  void refresh_network();

 private:
  class Thread;
  void report(std::shared_ptr<const LocalReading> reading);

  Changed changed_;
  std::shared_ptr<const LocalReading> latest_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::shared_ptr<Thread> thread_;
};

}  // namespace sluice::net
