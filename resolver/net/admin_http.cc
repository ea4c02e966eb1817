#include "resolver/net/admin_http.h"

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace sluice::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using metrics::AdminMetric;
using tcp = asio::ip::tcp;

constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr const char* kExpositionText = "text/plain; version=0.0.4; charset=utf-8";

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

struct Page {
  http::status status = http::status::ok;
  std::string body;
  const char* type = kPlainText;
};

Page error_page(http::status status, std::string_view reason) {
  return {.status = status, .body = std::string{reason} + "\n"};
}

// The answer to a request that could not be read, if it deserves one; the connection then closes.
std::optional<Page> page_for(const error_code& ec) {
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return error_page(http::status::request_header_fields_too_large, "request header too large");
  if (ec == http::error::body_limit || ec == http::error::unexpected_body)
    return error_page(http::status::payload_too_large, "requests have no body here");
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec.category() == http::make_error_code(http::error::bad_method).category())
    return error_page(http::status::bad_request, "not an HTTP request");
  return std::nullopt;
}

}  // namespace

bool is_address_or_localhost(std::string_view host) {
  if (Endpoint::parse(host, 80)) return true;
  const std::string_view name = host.substr(0, host.find(':'));
  return beast::iequals(beast::string_view{name.data(), name.size()}, "localhost");
}

/// Accepts connections and holds what they share.
class AdminHttp::Server : public std::enable_shared_from_this<Server> {
 public:
  Server(asio::io_context& on, AdminSources what, HttpLimits how_much)
      : sources{std::move(what)},
        limits{how_much},
        ping{on, sources.ping, sources.patience.ping},
        acceptor_{on},
        pause_{on} {}

  Result<Endpoint, std::string> listen(const Endpoint& address);
  void stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    ping.abandon();
  }
  void on_session_end() noexcept { --sessions_; }
  [[nodiscard]] bool checks_host() const noexcept { return checks_host_; }
  void count(AdminMetric metric) { sources.counters->add(metric); }

  AdminSources sources;
  HttpLimits limits;
  Inquiry<Pong> ping;

 private:
  void accept();
  void admit(tcp::socket socket);

  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::size_t sessions_ = 0;
  bool checks_host_ = false;
};

/// One connection: one request after the other.
class AdminHttp::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<Server> server)
      : server_{std::move(server)},
        stream_{std::move(socket)},
        buffer_{std::size_t{2} * server_->limits.header_bytes} {}
  ~Session() { server_->on_session_end(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read();

 private:
  void on_request();
  [[nodiscard]] std::optional<Page> refusal(const http::request<http::empty_body>& request) const;
  void send_health();
  void send(Page page);
  void drain();

  std::shared_ptr<Server> server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
  bool is_broken_ = false;  // the request could not be read to its end, so no other can follow
};

void AdminHttp::Session::read() {
  parser_.emplace();
  parser_->header_limit(server_->limits.header_bytes);
  parser_->body_limit(0);
  stream_.expires_after(server_->limits.idle_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& ec, std::size_t) {
                     if (!ec) return self->on_request();
                     auto page = page_for(ec);
                     if (!page) return;
                     self->server_->count(AdminMetric::requests_http);
                     self->server_->count(AdminMetric::refused_http_request);
                     self->is_broken_ = true;
                     self->send(std::move(*page));
                   });
}

void AdminHttp::Session::on_request() {
  server_->count(AdminMetric::requests_http);
  const auto& request = parser_->get();
  if (auto page = refusal(request)) return send(std::move(*page));

  const auto target = request.target().substr(0, request.target().find('?'));
  if (target == "/metrics")
    return send(
        {http::status::ok, metrics::exposition(server_->sources.metrics()), kExpositionText});
  if (target == "/health") return send_health();
  if (target == "/ready") {
    if (server_->sources.is_ready()) return send({http::status::ok, "ok\n"});
    return send(error_page(http::status::service_unavailable, "not ready"));
  }
  send(error_page(http::status::not_found, "not found; there are /metrics, /health and /ready"));
}

std::optional<Page> AdminHttp::Session::refusal(
    const http::request<http::empty_body>& request) const {
  const auto host = request[http::field::host];
  // A request of HTTP/1.1 without Host is malformed (RFC 9112 section 3.2).
  if (host.empty() && request.version() >= 11) {
    server_->count(AdminMetric::refused_http_request);
    return error_page(http::status::bad_request, "Host is missing");
  }
  if (server_->checks_host() && !host.empty() &&
      !is_address_or_localhost({host.data(), host.size()})) {
    server_->count(AdminMetric::refused_http_host);
    return error_page(http::status::misdirected_request, "Host must be an address or localhost");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    server_->count(AdminMetric::refused_http_request);
    return error_page(http::status::method_not_allowed, "only GET and HEAD");
  }
  return std::nullopt;
}

void AdminHttp::Session::send_health() {
  // The wait for the engine is bounded by the inquiry; the peer cannot prolong it.
  stream_.expires_never();
  server_->ping.ask([self = shared_from_this()](const Pong* pong) {
    if (pong != nullptr) return self->send({http::status::ok, "ok\n"});
    self->server_->count(AdminMetric::engine_silent);
    self->send(error_page(http::status::service_unavailable, "the engine does not answer"));
  });
}

void AdminHttp::Session::send(Page page) {
  const auto& request = parser_->get();
  response_ = {page.status, request.version()};
  response_.keep_alive(!is_broken_ && request.keep_alive());
  response_.set(http::field::content_type, page.type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  if (page.status == http::status::method_not_allowed)
    response_.set(http::field::allow, "GET, HEAD");
  response_.content_length(page.body.size());
  if (request.method() != http::verb::head) response_.body() = std::move(page.body);

  stream_.expires_after(server_->limits.idle_timeout);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](const error_code& ec, std::size_t) {
                      if (ec) return;
                      if (self->response_.keep_alive()) return self->read();
                      error_code ignored;
                      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
                      self->drain();
                    });
}

// A socket closed with bytes unread resets the connection, and the peer may lose our reply. So what
// it still sends is thrown away until it closes, too, or its time is over.
void AdminHttp::Session::drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(server_->limits.header_bytes),
                          [self = shared_from_this()](const error_code& ec, std::size_t) {
                            if (!ec) self->drain();
                          });
}

Result<Endpoint, std::string> AdminHttp::Server::listen(const Endpoint& address) {
  const tcp::endpoint wanted = to_asio(address);
  error_code ec;
  acceptor_.open(wanted.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address{true}, ec);
  if (!ec) acceptor_.bind(wanted, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return failure(address.to_string() + ": " + ec.message());
  checks_host_ = address.address.is_loopback();
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
  if (sessions_ >= limits.connections) return count(AdminMetric::refused_http_connections);
  ++sessions_;
  std::make_shared<Session>(std::move(socket), shared_from_this())->read();
}

AdminHttp::AdminHttp(asio::io_context& loop, AdminSources sources, HttpLimits limits)
    : server_{std::make_shared<Server>(loop, std::move(sources), limits)} {}

AdminHttp::~AdminHttp() { server_->stop(); }

Result<Endpoint, std::string> AdminHttp::listen(const Endpoint& address) {
  return server_->listen(address);
}

}  // namespace sluice::net
