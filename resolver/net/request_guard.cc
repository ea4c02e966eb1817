#include "resolver/net/request_guard.h"

#include <string>

#include <boost/beast/core/string.hpp>

#include "resolver/base/endpoint.h"
#include "resolver/net/api_request.h"

namespace sluice::net {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using metrics::AdminMetric;

RequestRefusal refuse(http::status status, const char* reason, AdminMetric metric) {
  return {.page = {.status = status, .body = std::string{reason} + "\n"}, .counted_as = metric};
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool is_address_or_localhost(std::string_view host) {
  if (Endpoint::parse(host, 80)) return true;
  const std::string_view name = host.substr(0, host.find(':'));
  return beast::iequals(beast::string_view{name.data(), name.size()}, "localhost");
}

std::optional<RequestRefusal> refusal_of(const HttpRequest& request, HostCheck check) {
  const std::string_view host = view(request[http::field::host]);
  // A request of HTTP/1.1 without Host is malformed (RFC 9112 section 3.2).
  if (host.empty() && request.version() >= 11)
    return refuse(http::status::bad_request, "Host is missing", AdminMetric::refused_http_request);
  if (check == HostCheck::address_or_localhost && !host.empty() && !is_address_or_localhost(host))
    return refuse(http::status::misdirected_request, "Host must be an address or localhost",
                  AdminMetric::refused_http_host);
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return refuse(http::status::method_not_allowed, "only GET and HEAD",
                  AdminMetric::refused_http_request);
  // Its answer would stay hidden from such a page, but not what it costs us.
  const std::string_view site = view(request["Sec-Fetch-Site"]);
  if (view(request.target()).starts_with(kApiPrefix) && !site.empty() && site != "same-origin" &&
      site != "none")
    return refuse(http::status::forbidden, "not for pages of other origins",
                  AdminMetric::refused_http_host);
  return std::nullopt;
}

}  // namespace sluice::net
