#include "resolver/net/budget_watch.h"

#include <algorithm>
#include <utility>

namespace sluice::net {

void BudgetWatch::watch(std::vector<WatchedLane> lanes) {
  std::vector<std::unique_ptr<LaneWatch>> before = std::exchange(lanes_, {});
  for (WatchedLane& lane : lanes) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const auto& each) {
      return each && each->budget() == lane.budget;
    });
    if (known == before.end()) {
      lanes_.push_back(std::make_unique<LaneWatch>(std::move(lane)));
      continue;
    }
    (*known)->change(std::move(lane));
    lanes_.push_back(std::move(*known));
  }
  next_second_ = {};  // now: new lanes want to be taken up, changed ones to be opened again
  tick();
}

std::vector<LaneReport> BudgetWatch::report() const {
  std::vector<LaneReport> reports;
  for (const auto& lane : lanes_) reports.push_back(lane->report());
  return reports;
}

void BudgetWatch::tick() {
  const TimePoint now = Clock::now();
  bool is_busy = false;
  for (const auto& lane : lanes_) is_busy = lane->poll(now) || is_busy;
  if (now >= next_second_) {
    for (const auto& lane : lanes_) lane->on_second(now);
    next_second_ = now + kSecond;
  }
  if (!lanes_.empty()) await_tick(std::min(is_busy ? kBusyPoll : kQuietPoll, next_second_ - now));
}

void BudgetWatch::await_tick(Duration delay) {
  timer_.expires_after(delay);  // which cancels the wait before
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
    if (!ec && !alive.expired()) tick();
  });
}

}  // namespace sluice::net
