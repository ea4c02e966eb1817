#include "resolver/net/admin_pages.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "resolver/net/api_request.h"
#include "resolver/net/page_files.h"

namespace sluice::net {

namespace {

namespace http = boost::beast::http;
using metrics::AdminMetric;

constexpr const char* kExpositionText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kLiveTarget = "/api/v1/live";
constexpr std::string_view kOverview = R"({"verb":"overview"})";

std::string_view path_of(const HttpRequest& request) {
  const auto target = request.target();
  return std::string_view{target.data(), target.size()}.substr(0, target.find('?'));
}

HttpPage error_page(http::status status, std::string_view reason) {
  return {.status = status, .body = std::string{reason} + "\n"};
}

HttpPage api_error(http::status status, std::string_view reason) {
  return {.status = status, .body = ControlVerbs::error_line(reason) + "\n", .type = kJson};
}

// The verbs say in a reply whether they could do it, not in a status.
http::status status_of(std::string_view reply) {
  if (!reply.starts_with(R"({"error":)")) return http::status::ok;
  return reply == ControlVerbs::error_line(ControlVerbs::kEngineSilent)
             ? http::status::service_unavailable
             : http::status::bad_request;
}

HttpPage page_of(const PageFile& file, const HttpRequest& request) {
  const auto known = request[http::field::if_none_match];
  if (known.find({file.etag.data(), file.etag.size()}) != known.npos)
    return {
        .status = http::status::not_modified, .type = file.type, .etag = std::string{file.etag}};
  return {.body = std::string{file.body}, .type = file.type, .etag = std::string{file.etag}};
}

}  // namespace

AdminPages::AdminPages(boost::asio::io_context& loop, AdminSources sources, LiveLimits live)
    : sources_{std::move(sources)},
      ping_{loop, sources_.ping, sources_.patience.ping},
      verbs_{loop, sources_},
      feed_{loop, [this](const auto& done) { verbs_.answer(kOverview, done); }, *sources_.counters,
            live} {}

void AdminPages::stop() {
  ping_.abandon();
  verbs_.abandon();
  feed_.stop();
}

bool AdminPages::is_for_stream(const HttpRequest& request) const {
  return request.method() == http::verb::get && path_of(request) == kLiveTarget &&
         !refusal_of(request, host_check_);
}

void AdminPages::answer(const HttpRequest& request, const Done& done) {
  count(AdminMetric::requests_http);
  if (auto refusal = refusal_of(request, host_check_)) {
    count(refusal->counted_as);
    return done(std::move(refusal->page));
  }
  const std::string_view path = path_of(request);
  if (path == "/metrics") return send_metrics(done);
  if (path == "/health") return send_health(done);
  if (path == "/ready") return send_ready(done);
  if (path.starts_with(kApiPrefix)) return send_api(request, done);
  const auto files = page_files();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const PageFile& f) { return f.path == path; });
  if (file != files.end()) return done(page_of(*file, request));
  done(error_page(http::status::not_found,
                  "not found; there are /, /metrics, /health, /ready and /api/v1/"));
}

void AdminPages::send_metrics(const Done& done) {
  done({.body = metrics::exposition(sources_.metrics()), .type = kExpositionText});
}

void AdminPages::send_health(const Done& done) {
  ping_.ask([this, done](const Pong* pong) {
    if (pong != nullptr) return done({.body = "ok\n"});
    count(AdminMetric::engine_silent);
    done(error_page(http::status::service_unavailable, "the engine does not answer"));
  });
}

void AdminPages::send_ready(const Done& done) {
  if (sources_.is_ready()) return done({.body = "ok\n"});
  done(error_page(http::status::service_unavailable, "not ready"));
}

void AdminPages::send_api(const HttpRequest& request, const Done& done) {
  if (path_of(request) == kLiveTarget) {
    // HEAD shows what GET would be; GET comes here only if there is no room for it.
    if (request.method() == http::verb::head) return done({.type = kEventStream});
    count(AdminMetric::refused_http_streams);
    return done(api_error(http::status::service_unavailable, "too many streams; ask for overview"));
  }
  const auto target = request.target();
  const auto asked = api_request({target.data(), target.size()});
  if (!asked) {
    const bool is_unknown = asked.error().kind == ApiProblem::Kind::unknown_verb;
    return done(api_error(is_unknown ? http::status::not_found : http::status::bad_request,
                          asked.error().reason));
  }
  verbs_.answer(asked.value(), [done](std::string reply) {
    const http::status status = status_of(reply);
    done({.status = status, .body = std::move(reply) + "\n", .type = kJson});
  });
}

}  // namespace sluice::net
