#pragma once

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "resolver/net/admin_http.h"
#include "resolver/net/control_socket.h"

namespace sluice::app {

/// The thread that serves operators: HTTP and the control socket, on a loop of its own, so that a
/// slow scraper delays nobody's query. What cannot be opened is logged and done without: names
/// are resolved all the same.
///
/// Owned by the engine's thread.
class AdminThread {
 public:
  explicit AdminThread(const net::AdminSources& sources);
  ~AdminThread();
  AdminThread(const AdminThread&) = delete;
  AdminThread& operator=(const AdminThread&) = delete;

  /// Opens what the configuration names and starts the thread. Returns the HTTP server's address
  /// as bound, "" if there is none.
  std::string start(const std::string& http_address, const std::string& control_path);
  /// Runs `job` on this thread. Any thread; after start().
  void post(std::function<void()> job);

 private:
  boost::asio::io_context loop_{1};
  net::AdminHttp http_;
  net::ControlSocket control_;
  std::thread thread_;
};

}  // namespace sluice::app
