#include "resolver/net/admin_http.h"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using metrics::AdminMetric;
using tcp = asio::ip::tcp;

// accept() fails for good reasons of others' making (no descriptor left): try again later.
constexpr Duration kAcceptPause = 100ms;

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const Address& address = endpoint.address;
  if (address.family == Address::Family::ipv6)
    return {asio::ip::address_v6{address.bytes, address.scope}, endpoint.port};
  asio::ip::address_v4::bytes_type bytes{};
  std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
  return {asio::ip::address_v4{bytes}, endpoint.port};
}

}  // namespace

/// Accepts connections, and counts them.
class AdminHttp::Server : public std::enable_shared_from_this<Server> {
 public:
  Server(asio::io_context& loop, AdminSources sources, HttpLimits limits)
      : pages_{std::make_shared<AdminPages>(loop, std::move(sources), limits.live)},
        limits_{limits},
        acceptor_{loop},
        pause_{loop} {}

  Result<Endpoint, std::string> listen(const Endpoint& address);
  void stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    pages_->stop();
  }

 private:
  void accept();
  void admit(tcp::socket socket);

  std::shared_ptr<AdminPages> pages_;
  HttpLimits limits_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  // Everybody's place is a share in this: connections that are open, and one.
  std::shared_ptr<void> place_ = std::make_shared<char>();
};

Result<Endpoint, std::string> AdminHttp::Server::listen(const Endpoint& address) {
  const tcp::endpoint wanted = to_asio(address);
  error_code ec;
  acceptor_.open(wanted.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address{true}, ec);
  if (!ec) acceptor_.bind(wanted, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return failure(address.to_string() + ": " + ec.message());
  if (address.address.is_loopback()) pages_->check_hosts();
  accept();
  return success(Endpoint{address.address, acceptor_.local_endpoint().port()});
}

void AdminHttp::Server::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& ec, tcp::socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (!ec) {
      self->admit(std::move(socket));
      return self->accept();
    }
    self->pause_.expires_after(kAcceptPause);
    self->pause_.async_wait([self](const error_code& cancelled) {
      if (!cancelled) self->accept();
    });
  });
}

void AdminHttp::Server::admit(tcp::socket socket) {
  const auto connections = static_cast<std::size_t>(place_.use_count()) - 1;
  if (connections >= limits_.connections)
    return pages_->count(AdminMetric::refused_http_connections);
  std::make_shared<HttpSession>(std::move(socket), pages_, limits_.session, place_)->read();
}

AdminHttp::AdminHttp(asio::io_context& loop, AdminSources sources, HttpLimits limits)
    : server_{std::make_shared<Server>(loop, std::move(sources), limits)} {}

AdminHttp::~AdminHttp() { server_->stop(); }

Result<Endpoint, std::string> AdminHttp::listen(const Endpoint& address) {
  return server_->listen(address);
}

}  // namespace sluice::net
