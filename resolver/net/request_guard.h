#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include "metrics/admin_metrics.h"
#include "resolver/net/http_page.h"

namespace sluice::net {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;

/// Which names of ourselves are believed.
enum class HostCheck : std::uint8_t { any, address_or_localhost };

/// What a request gets that must not have what it asks for, and what counts it.
struct RequestRefusal {
  HttpPage page;
  metrics::AdminMetric counted_as;
};

/// Whether strangers are behind a request: a page whose name was rebound to 127.0.0.1 (the Host
/// tells), or a page of another origin that reaches into the API through the operator's browser
/// (Sec-Fetch-Site tells, which no script can set). Also refuses every method but GET and HEAD.
[[nodiscard]] std::optional<RequestRefusal> refusal_of(const HttpRequest& request, HostCheck check);

/// True for "192.0.2.1", "[2001:db8::1]:9353", "localhost:9353": what no name server can rebind.
[[nodiscard]] bool is_address_or_localhost(std::string_view host);

}  // namespace sluice::net
