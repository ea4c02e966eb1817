#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/base/clock.h"
#include "resolver/net/lane_watch.h"

namespace sluice::net {

/// Watches all lanes from the engine's loop: polls while packets move, and does once a second what
/// LaneWatch wants done so often. Another process's watch that ends is taken over within a second.
///
/// Thread-confined to the loop.
class BudgetWatch {
 public:
  static constexpr Duration kBusyPoll = std::chrono::milliseconds{50};
  static constexpr Duration kQuietPoll = std::chrono::milliseconds{500};
  static constexpr Duration kSecond = std::chrono::seconds{1};

  explicit BudgetWatch(boost::asio::io_context& loop) : timer_{loop} {}
  BudgetWatch(const BudgetWatch&) = delete;
  BudgetWatch& operator=(const BudgetWatch&) = delete;

  /// Watches these lanes from now on, and no others. What is known of a budget that was watched
  /// before is kept. To be called after every reload and every change of interfaces.
  void watch(std::vector<WatchedLane> lanes);

  /// In the order of the lanes.
  [[nodiscard]] std::vector<LaneReport> report() const;

 private:
  void tick();
  void await_tick(Duration delay);

  boost::asio::steady_timer timer_;
  std::vector<std::unique_ptr<LaneWatch>> lanes_;
  TimePoint next_second_{};
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sluice::net
