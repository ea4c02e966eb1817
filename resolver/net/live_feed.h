#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "metrics/admin_metrics.h"
#include "resolver/base/clock.h"
#include "resolver/net/live_stream.h"

namespace sluice::net {

struct LiveLimits {
  std::size_t streams = 16;
  /// From one look to the next.
  Duration period = 1s;
};

/// Sends what a look at the server shows to everybody who watches: one look in each period, however
/// many they are, and none while nobody watches. Who comes gets the latest at once.
///
/// Thread-confined to `loop`.
class LiveFeed {
 public:
  /// Calls its argument once, perhaps before it returns, with a line of JSON.
  using Look = std::function<void(std::function<void(std::string)>)>;
  using Counters = metrics::CounterBlock<metrics::AdminMetric>;

  LiveFeed(boost::asio::io_context& loop, Look look, Counters& counters, LiveLimits limits = {});

  /// False if there are as many streams as there may be.
  [[nodiscard]] bool has_room();
  /// Takes over a connection whose request has been read; `head` is the response's. Only while
  /// there is room.
  void admit(boost::asio::ip::tcp::socket socket, std::string head, std::shared_ptr<void> place);
  /// Ends all streams; nothing is sent any more.
  void stop();

 private:
  void forget_ended();
  void look();
  void on_seen(const std::string& line);
  void wait();

  Look look_;
  Counters& counters_;
  LiveLimits limits_;
  boost::asio::steady_timer timer_;
  std::vector<std::shared_ptr<LiveStream>> streams_;  ///< at most limits_.streams
  SharedText latest_;                                 ///< of the last look; null if it is too old
  TimePoint next_look_{};
  /// True from a look until the one that finds nobody there.
  bool is_running_ = false;
};

}  // namespace sluice::net
