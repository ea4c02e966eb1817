#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "resolver/net/admin_sources.h"
#include "resolver/net/control_verbs.h"
#include "resolver/net/http_page.h"
#include "resolver/net/inquiry.h"
#include "resolver/net/live_feed.h"
#include "resolver/net/request_guard.h"

namespace sluice::net {

/// Everything that can be fetched over HTTP: /metrics, /health, /ready, the dashboard's files, and
/// what the API reads. Decides what a request gets; knows nothing of how it travels.
///
/// Thread-confined to `loop`.
class AdminPages {
 public:
  using Done = std::function<void(HttpPage)>;

  AdminPages(boost::asio::io_context& loop, AdminSources sources, LiveLimits live);

  /// From now on. Before, any Host is believed.
  void check_hosts() noexcept { host_check_ = HostCheck::address_or_localhost; }
  /// Calls `done` once, perhaps before it returns, and within the patience of the sources.
  void answer(const HttpRequest& request, const Done& done);
  /// True for a request that becomes a stream, if there is room: see streams().
  [[nodiscard]] bool is_for_stream(const HttpRequest& request) const;
  [[nodiscard]] LiveFeed& streams() noexcept { return feed_; }
  void count(metrics::AdminMetric metric) { sources_.counters->add(metric); }
  /// Forgets who waits for an answer, before the end.
  void stop();

 private:
  void send_metrics(const Done& done);
  void send_health(const Done& done);
  void send_ready(const Done& done);
  void send_api(const HttpRequest& request, const Done& done);

  AdminSources sources_;
  Inquiry<Pong> ping_;
  ControlVerbs verbs_;
  LiveFeed feed_;
  HostCheck host_check_ = HostCheck::any;
};

}  // namespace sluice::net
