#pragma once

#include <string>

#include <boost/beast/http/status.hpp>

namespace sluice::net {

inline constexpr const char* kPlainText = "text/plain; charset=utf-8";
inline constexpr const char* kJson = "application/json";
inline constexpr const char* kEventStream = "text/event-stream";

/// What one request over HTTP gets, without what belongs to its connection.
struct HttpPage {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string body{};
  const char* type = kPlainText;  ///< a literal
  /// In quotes; a browser may keep the page and ask whether it still holds. Empty: keep nothing.
  std::string etag{};
};

}  // namespace sluice::net
