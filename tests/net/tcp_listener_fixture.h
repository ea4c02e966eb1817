#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "resolver/net/tcp_listener.h"
#include "tests/net/loopback.h"

namespace sluice::net {

inline const wire::Records kAnswer{"www.example. 60 IN A 192.0.2.1"};

inline wire::Bytes framed(const wire::Bytes& message) {
  wire::Bytes length(2);
  dns::write_u16(length, 0, static_cast<std::uint16_t>(message.size()));
  return wire::concat(length, message);
}

/// A client that reads whole messages from its stream.
class TcpClient : public LoopbackClient {
 public:
  explicit TcpClient(const Endpoint& server, std::optional<Endpoint> from = std::nullopt,
                     int receive_buffer = 0)
      : LoopbackClient{SOCK_STREAM, server, from, receive_buffer} {}

  std::optional<wire::Message> next() {
    read();
    if (stream_.size() < 2 || stream_.size() < 2U + dns::read_u16(stream_, 0)) return std::nullopt;
    const auto end = stream_.begin() + 2 + dns::read_u16(stream_, 0);
    const wire::Bytes message{stream_.begin() + 2, end};
    stream_.erase(stream_.begin(), end);
    return wire::read(message);
  }
  bool is_closed() {
    read();
    return closed_;
  }

 private:
  void read() {
    while (const auto bytes = receive()) {
      if (bytes->empty()) {
        closed_ = true;
        return;
      }
      stream_.insert(stream_.end(), bytes->begin(), bytes->end());
    }
  }

  wire::Bytes stream_;
  bool closed_ = false;
};

/// A listener on the loopback interface; "www.example. A" is cached.
class TcpListenerTest : public ::testing::Test {
 protected:
  TcpListenerTest() {
    store_answer(cache_, "www.example. A", {"www.example. 60 IN A 192.0.2.1"}, Clock::now());
  }

  void start(const TcpLimits& limits = {}) {
    listener_.emplace(loop_, limits, answers_, sink_, tap_);
    server_ = listener_->listen(endpoint("127.0.0.1")).value();
  }
  wire::Message expect_reply(TcpClient& client) {
    std::optional<wire::Message> reply;
    EXPECT_TRUE(run_until(loop_, [&] { return (reply = client.next()).has_value(); }));
    return reply.value_or(wire::Message{});
  }
  bool run_until_closed(TcpClient& client) {
    return run_until(loop_, [&] { return client.is_closed(); });
  }
  bool run_until_taken(std::size_t count) {
    return run_until(loop_, [&] { return sink_.taken.size() >= count; });
  }
  bool run_until_open(std::size_t count) {
    return run_until(loop_, [&] { return listener_->open() == count; });
  }
  void reply_to(const RecordingSink::Taken& taken) {
    listener_->send(taken.client, response_to(taken, "mail.example. A", {}));
  }
  std::uint64_t count(metrics::WorkerMetric metric) { return counters_.get(metric); }

  boost::asio::io_context loop_;
  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  ClientAccess access_{policy::ClientLimit{HashKey{3, 4}}, {}};
  AnswerPath answers_{cache_, access_, counters_};
  RecordingSink sink_;
  ClientTap tap_;
  std::optional<TcpListener> listener_;
  Endpoint server_;
};

}  // namespace sluice::net
