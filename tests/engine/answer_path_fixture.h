#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "resolver/answer_path.h"
#include "tests/support/cached_answers.h"
#include "tests/support/wire.h"

namespace sluice {

inline constexpr TimePoint t0{1000s};
inline const wire::Records kAnswer{"www.example. 60 IN A 192.0.2.1"};

inline ClientRef client_at(std::string_view endpoint, Transport transport = Transport::udp) {
  ClientRef client;
  client.client = Endpoint::parse(endpoint, 1024).value();
  client.transport = transport;
  return client;
}

inline const ClientRef kLocalClient = client_at("127.0.0.1");
inline const ClientRef kRemoteClient = client_at("192.0.2.77");
inline const ClientRef kTcpClient = client_at("192.0.2.77", Transport::tcp);
inline const ClientRef kStranger = client_at("198.51.100.66");

/// Messages from clients of this host, of the network 192.0.2.0/24, which may ask, and strangers.
/// "www.example. A" is cached, and "many.example. A" with 100 addresses.
class AnswerPathTest : public ::testing::Test {
 protected:
  using Outcome = AnswerPath::Outcome;

  AnswerPathTest() {
    answers_.allow(
        std::make_shared<policy::AccessList>(std::vector{Prefix::parse("192.0.2.0/24").value()}));
    wire::Records many;
    for (int i = 0; i < 100; ++i)
      many.push_back("many.example. 60 IN A 198.51.100." + std::to_string(i));
    store_answer(cache_, "www.example. A", kAnswer, t0);
    store_answer(cache_, "many.example. A", many, t0);  // 1,630 octets
  }

  Outcome ask(const wire::Bytes& message, const ClientRef& client = kLocalClient,
              TimePoint now = t0) {
    const auto verdict = answers_.answer(message, client, now, out_, query_);
    reply_ = {};
    reply_size_ = verdict.size;
    if (verdict.outcome == Outcome::replied)
      reply_ = wire::read(std::span{out_}.first(verdict.size));
    return verdict.outcome;
  }
  std::uint64_t count(metrics::WorkerMetric metric) { return counters_.get(metric); }

  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  ClientAccess access_{policy::ClientLimit{HashKey{3, 4}}, {}};
  AnswerPath answers_{cache_, access_, counters_};
  wire::Bytes out_ = wire::Bytes(AnswerPath::kOutSize);
  dns::Query query_;
  wire::Message reply_;
  std::size_t reply_size_ = 0;
};

}  // namespace sluice
