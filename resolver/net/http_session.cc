#include "resolver/net/http_session.h"

#include <sstream>
#include <utility>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace sluice::net {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using metrics::AdminMetric;
using tcp = boost::asio::ip::tcp;

// The page loads from here and nowhere else, and shows in no other page. Everything else needs
// nothing at all, so one policy serves for all.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpPage error_page(http::status status, const char* reason) {
  return {.status = status, .body = std::string{reason} + "\n"};
}

// The answer to a request that could not be read, if it deserves one; the connection then closes.
std::optional<HttpPage> page_for(const error_code& ec) {
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return error_page(http::status::request_header_fields_too_large, "request header too large");
  if (ec == http::error::body_limit || ec == http::error::unexpected_body)
    return error_page(http::status::payload_too_large, "requests have no body here");
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec.category() == http::make_error_code(http::error::bad_method).category())
    return error_page(http::status::bad_request, "not an HTTP request");
  return std::nullopt;
}

void set_fields(http::fields& fields, const HttpPage& page) {
  fields.set(http::field::content_type, page.type);
  // With an ETag a browser keeps the page, but asks each time whether it is still so.
  fields.set(http::field::cache_control, page.etag.empty() ? "no-store" : "no-cache");
  if (!page.etag.empty()) fields.set(http::field::etag, page.etag);
  if (page.status == http::status::method_not_allowed) fields.set(http::field::allow, "GET, HEAD");
  fields.set("Content-Security-Policy", kContentPolicy);
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
  fields.set("Referrer-Policy", "no-referrer");
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("X-Frame-Options", "DENY");
}

}  // namespace

HttpSession::HttpSession(tcp::socket socket, std::shared_ptr<AdminPages> pages,
                         SessionLimits limits, std::shared_ptr<void> place)
    : pages_{std::move(pages)},
      limits_{limits},
      place_{std::move(place)},
      stream_{std::move(socket)},
      buffer_{std::size_t{2} * limits.header_bytes} {}

void HttpSession::read() {
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(0);
  stream_.expires_after(limits_.idle_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& ec, std::size_t) {
                     if (!ec) return self->on_request();
                     auto page = page_for(ec);
                     if (!page) return;
                     self->pages_->count(AdminMetric::requests_http);
                     self->pages_->count(AdminMetric::refused_http_request);
                     self->is_broken_ = true;
                     self->send(std::move(*page));
                   });
}

void HttpSession::on_request() {
  // The wait for the engine is bounded by the pages; the peer cannot prolong it.
  stream_.expires_never();
  if (pages_->is_for_stream(parser_->get()) && pages_->streams().has_room()) return become_stream();
  pages_->answer(parser_->get(),
                 [self = shared_from_this()](HttpPage page) { self->send(std::move(page)); });
}

void HttpSession::become_stream() {
  pages_->count(AdminMetric::requests_http);
  http::response<http::empty_body> response{http::status::ok, parser_->get().version()};
  response.keep_alive(false);
  set_fields(response, {.type = kEventStream});
  std::ostringstream head;
  head << response.base();
  pages_->streams().admit(stream_.release_socket(), head.str(), std::move(place_));
}

void HttpSession::send(HttpPage page) {
  const auto& request = parser_->get();
  response_ = {page.status, request.version()};
  response_.keep_alive(!is_broken_ && request.keep_alive());
  set_fields(response_, page);
  if (page.status != http::status::not_modified) response_.content_length(page.body.size());
  if (request.method() != http::verb::head) response_.body() = std::move(page.body);

  stream_.expires_after(limits_.idle_timeout);
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
void HttpSession::drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(limits_.header_bytes),
                          [self = shared_from_this()](const error_code& ec, std::size_t) {
                            if (!ec) self->drain();
                          });
}

}  // namespace sluice::net
