#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "resolver/base/endpoint.h"
#include "resolver/base/result.h"
#include "resolver/net/admin_sources.h"

namespace sluice::net {

/// What one peer may cost the HTTP server.
struct HttpLimits {
  std::size_t connections = 64;
  std::uint32_t header_bytes = 8'192;
  /// To send a request, to take a response, and between two requests of a connection.
  Duration idle_timeout = 10s;
};

/// The HTTP server of operators' tools: GET and HEAD of /metrics, /health and /ready. Shows, and
/// changes nothing. Requests have no body.
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
  class Session;
  std::shared_ptr<Server> server_;
};

/// True for "192.0.2.1", "[2001:db8::1]:9353", "localhost:9353": what no name server can rebind.
[[nodiscard]] bool is_address_or_localhost(std::string_view host);

}  // namespace sluice::net
