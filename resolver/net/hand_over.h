#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include "resolver/answer_path.h"
#include "resolver/net/query_sink.h"

namespace sluice::net {

/// Carries misses from one listener's thread to the engine's: a ring with one writer and one
/// reader, and a wake-up when the reader may have gone to sleep.
///
/// on_query() belongs to the listener's thread; the queries come out on `engine_loop` in the order
/// they went in. Must outlive every run of both loops. Bound: `capacity`; a query that finds the
/// ring full is dropped and counted (hand_over_full): its client sends it again, and by then the
/// engine may have caught up.
class HandOver final : public QuerySink {
 public:
  static constexpr std::size_t kCapacity = 1'024;
  /// Queries given to the engine before other work of its loop gets its turn.
  static constexpr std::size_t kMaxPerTurn = 64;

  /// `counters` are those of the listener's thread.
  HandOver(boost::asio::io_context& engine_loop, QuerySink& engine, WorkerCounters& counters,
           std::size_t capacity = kCapacity);

  void on_query(const ClientRef& client, const dns::Query& query) override;
  void on_refresh(const dns::Query& query) override;

 private:
  struct Item {
    std::optional<ClientRef> client;  // nobody: a refresh
    dns::Query query;
  };

  void push(const Item& item);
  void wake();
  void deliver();

  boost::asio::io_context& engine_loop_;
  QuerySink& engine_;
  WorkerCounters& counters_;
  boost::lockfree::spsc_queue<Item> ring_;
  std::atomic<bool> is_due_{false};  // deliver() will run once more than it has
};

}  // namespace sluice::net
