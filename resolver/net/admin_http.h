#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "resolver/base/endpoint.h"
#include "resolver/base/result.h"
#include "resolver/net/admin_sources.h"
#include "resolver/net/http_session.h"
#include "resolver/net/live_feed.h"

namespace sluice::net {

/// What one peer may cost the HTTP server.
struct HttpLimits {
  std::size_t connections = 64;  ///< streams among them
  SessionLimits session{};
  LiveLimits live{};
};

/// The HTTP server of operators' tools: GET and HEAD of what AdminPages has. Shows, and changes
/// nothing.
///
/// While bound to a loopback address it answers only requests whose Host is an address or
/// "localhost", so that a web page whose name was rebound to 127.0.0.1 reads nothing.
///
/// Thread-confined to `loop`. Destroy it when the loop no longer runs.
class AdminHttp {
 public:
  AdminHttp(boost::asio::io_context& loop, AdminSources sources, HttpLimits limits = {});
  ~AdminHttp();
  AdminHttp(const AdminHttp&) = delete;
  AdminHttp& operator=(const AdminHttp&) = delete;

  /// Starts to listen; the address really bound, or why not. Call once.
  [[nodiscard]] Result<Endpoint, std::string> listen(const Endpoint& address);

 private:
  class Server;
  std::shared_ptr<Server> server_;
};

}  // namespace sluice::net
