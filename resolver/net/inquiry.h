#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "resolver/base/clock.h"

namespace sluice::net {

/// Has a question answered on another loop. What is passed in calls its argument once, on any
/// thread, now or later; the loop of the Inquiry must still exist then.
template <typename Answer>
using Ask = std::function<void(std::function<void(Answer)>)>;

/// Asks another loop on behalf of many, bounded in number and in time: at most one question is
/// open, whoever asks meanwhile shares its answer, and nobody waits longer than `patience`.
///
/// Thread-confined to `loop`. May be destroyed while a question is open.
template <typename Answer>
class Inquiry {
 public:
  /// Called on `loop`, never from inside ask(): the answer, or nullptr if none came in time. The
  /// answer is valid during the call.
  using Reply = std::function<void(const Answer*)>;

  Inquiry(boost::asio::io_context& loop, Ask<Answer> put, Duration patience)
      : state_{std::make_shared<State>(loop, std::move(put), patience)} {}

  void ask(Reply reply) { State::ask(state_, std::move(reply)); }

  /// Forgets all who wait, without a reply: they may own what owns this.
  void abandon() { state_->waiters.clear(); }

  /// True while an answer is owed, even if all who asked have given up.
  [[nodiscard]] bool is_open() const noexcept { return state_->is_open; }

 private:
  struct Waiter {
    TimePoint deadline;
    Reply reply;
  };

  // Apart from the Inquiry, so that a late answer or timer finds that it is gone.
  struct State {
    State(boost::asio::io_context& on, Ask<Answer> how, Duration how_long)
        : loop{on}, put{std::move(how)}, patience{how_long}, timer{on} {}

    static void ask(const std::shared_ptr<State>& self, Reply reply) {
      self->waiters.push_back({Clock::now() + self->patience, std::move(reply)});
      if (self->waiters.size() == 1) arm(self);
      if (self->is_open) return;
      self->is_open = true;
      self->put([weak = std::weak_ptr{self}](Answer answer) {
        const auto alive = weak.lock();
        if (alive == nullptr) return;
        boost::asio::post(alive->loop, [weak, answer = std::move(answer)] {
          if (const auto state = weak.lock()) state->close(answer);
        });
      });
    }

    void close(const Answer& answer) {
      is_open = false;
      timer.cancel();
      for (const Waiter& waiter : std::exchange(waiters, {})) waiter.reply(&answer);
    }

    // Deadlines are in the order of arrival, so one timer for the first of them is enough.
    static void arm(const std::shared_ptr<State>& self) {
      self->timer.expires_at(
          std::chrono::time_point_cast<Clock::duration>(self->waiters.front().deadline));
      self->timer.async_wait([weak = std::weak_ptr{self}](const boost::system::error_code& ec) {
        const auto state = weak.lock();
        if (!ec && state != nullptr) give_up(state);
      });
    }

    static void give_up(const std::shared_ptr<State>& self) {
      const TimePoint now = Clock::now();
      while (!self->waiters.empty() && self->waiters.front().deadline <= now) {
        const Reply reply = std::move(self->waiters.front().reply);
        self->waiters.pop_front();
        reply(nullptr);
      }
      if (!self->waiters.empty()) arm(self);
    }

    boost::asio::io_context& loop;
    Ask<Answer> put;
    Duration patience;
    boost::asio::steady_timer timer;
    std::deque<Waiter> waiters;
    bool is_open = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace sluice::net
