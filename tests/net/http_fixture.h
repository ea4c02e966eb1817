#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "resolver/net/admin_http.h"
#include "tests/net/admin_fixture.h"

namespace sluice::net {

inline const Endpoint kLoopback = *Endpoint::parse("127.0.0.1:0", 0);

/// A blocking client that says exactly what it is told.
class HttpClient {
 public:
  explicit HttpClient(const Endpoint& server) {
    socket_.connect({boost::asio::ip::make_address(server.address.to_string()), server.port});
  }

  void send(const std::string& bytes) {
    boost::system::error_code ignored;  // the server may have closed already
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }
  /// A response with its body, on a connection that stays open.
  std::string read_response() {
    boost::system::error_code ignored;
    const std::size_t head =
        boost::asio::read_until(socket_, boost::asio::dynamic_buffer(in_), "\r\n\r\n", ignored);
    const std::size_t length = in_.find("Content-Length: ");
    const std::size_t body = length == std::string::npos ? 0 : std::stoul(in_.substr(length + 16));
    if (in_.size() < head + body)
      boost::asio::read(socket_, boost::asio::dynamic_buffer(in_),
                        boost::asio::transfer_exactly(head + body - in_.size()), ignored);
    return take(head + body);
  }
  /// All that comes up to and with `end`, or until the server closes.
  std::string read_until(const std::string& end) {
    boost::system::error_code ignored;
    return take(boost::asio::read_until(socket_, boost::asio::dynamic_buffer(in_), end, ignored));
  }
  /// All that comes until the server closes.
  std::string read_to_end() {
    boost::system::error_code ignored;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(in_), ignored);
    return take(in_.size());
  }

 private:
  std::string take(std::size_t size) {
    std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }

  boost::asio::io_context loop_;
  boost::asio::ip::tcp::socket socket_{loop_};
  std::string in_;
};

/// An HTTP server on a port that the kernel chose.
class HttpFixture : public AdminFixture {
 protected:
  ~HttpFixture() override { stop(); }

  /// Starts the server with `limits`.
  void serve(HttpLimits limits = {}, const Endpoint& address = kLoopback) {
    http_ = std::make_unique<AdminHttp>(admin.loop, sources, limits);
    const auto bound = http_->listen(address);
    ASSERT_TRUE(bound.has_value()) << bound.error();
    at = {kLoopback.address, bound.value().port};
    start();
  }

  /// The loops end, and then the server.
  void end_server() {
    stop();
    http_.reset();
  }

  std::string get(const std::string& target) {
    HttpClient client{at};
    client.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
  }
  std::string ask(const std::string& request) {
    HttpClient client{at};
    client.send(request);
    return client.read_to_end();
  }

  Endpoint at;

 private:
  std::unique_ptr<AdminHttp> http_;
};

}  // namespace sluice::net
