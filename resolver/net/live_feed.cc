#include "resolver/net/live_feed.h"

#include <utility>

#include "resolver/base/assert.h"

namespace sluice::net {

using metrics::AdminMetric;

LiveFeed::LiveFeed(boost::asio::io_context& loop, Look look, Counters& counters, LiveLimits limits)
    : look_{std::move(look)}, counters_{counters}, limits_{limits}, timer_{loop} {}

bool LiveFeed::has_room() {
  forget_ended();
  return streams_.size() < limits_.streams;
}

void LiveFeed::admit(boost::asio::ip::tcp::socket socket, std::string head,
                     std::shared_ptr<void> place) {
  SLUICE_ASSERT(streams_.size() < limits_.streams);
  streams_.push_back(
      std::make_shared<LiveStream>(std::move(socket), std::move(head), std::move(place)));
  streams_.back()->start();
  if (latest_ != nullptr) streams_.back()->send(latest_);
  if (!is_running_) look();
}

void LiveFeed::stop() {
  timer_.cancel();
  for (const auto& stream : streams_) stream->close();
  streams_.clear();
}

void LiveFeed::forget_ended() {
  std::erase_if(streams_, [](const auto& stream) { return !stream->is_open(); });
}

void LiveFeed::look() {
  is_running_ = true;
  next_look_ = Clock::now() + limits_.period;
  look_([this](const std::string& line) { on_seen(line); });
}

void LiveFeed::on_seen(const std::string& line) {
  latest_ = std::make_shared<const std::string>("data: " + line + "\n\n");
  for (const auto& stream : streams_) {
    const bool was_open = stream->is_open();
    if (stream->send(latest_) == LiveStream::Outcome::closed && was_open)
      counters_.add(AdminMetric::streams_dropped);
  }
  wait();
}

void LiveFeed::wait() {
  timer_.expires_at(std::chrono::time_point_cast<Clock::duration>(next_look_));
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    forget_ended();
    if (!streams_.empty()) return look();
    is_running_ = false;
    latest_.reset();
  });
}

}  // namespace sluice::net
