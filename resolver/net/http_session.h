#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "resolver/base/clock.h"
#include "resolver/net/admin_pages.h"

namespace sluice::net {

/// What a connection may take.
struct SessionLimits {
  std::uint32_t header_bytes = 8'192;
  /// To send a request, to take a response, and between two requests of a connection.
  Duration idle_timeout = 10s;
};

/// One HTTP connection: one request after the other, until it becomes a stream. Requests have no
/// body. Decides nothing about what they get.
///
/// Thread-confined to the socket's loop; lives as long as something of it is under way.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  /// Holds `place` as long as the connection lasts.
  HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<AdminPages> pages,
              SessionLimits limits, std::shared_ptr<void> place);

  void read();

 private:
  void on_request();
  void become_stream();
  void send(HttpPage page);
  void drain();

  std::shared_ptr<AdminPages> pages_;
  SessionLimits limits_;
  std::shared_ptr<void> place_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  bool is_broken_ = false;  // the request could not be read to its end, so no other can follow
};

}  // namespace sluice::net
