#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "resolver/net/admin_sources.h"
#include "resolver/net/peer_credentials.h"

namespace sluice::net {

/// What one peer may cost the control socket.
struct ControlLimits {
  std::size_t connections = 16;
  std::size_t request_bytes = 4'096;
  /// For a connection from its start to its end.
  Duration timeout = 5s;
};

/// The Unix socket of the control tool: one line of JSON in, one line out, then it closes. Only
/// peers that allow() lets in are read at all.
///
/// Thread-confined to `loop`. Destroy it when the loop no longer runs; it removes its file.
class ControlSocket {
 public:
  ControlSocket(boost::asio::io_context& loop, AdminSources sources, ControlLimits limits = {});
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Starts to listen on `path` with mode 0660; makes its folder if there is none, and removes a
  /// socket on which nobody answers. Returns what is wrong, if anything is. Call once.
  [[nodiscard]] std::optional<std::string> listen(const std::string& path);

 private:
  class Server;
  class Session;
  std::shared_ptr<Server> server_;
};

}  // namespace sluice::net
