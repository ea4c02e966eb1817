#include "resolver/net/hand_over.h"

#include <boost/asio/post.hpp>

namespace sluice::net {

HandOver::HandOver(boost::asio::io_context& engine_loop, QuerySink& engine,
                   WorkerCounters& counters, std::size_t capacity)
    : engine_loop_{engine_loop}, engine_{engine}, counters_{counters}, ring_{capacity} {}

void HandOver::on_query(const ClientRef& client, const dns::Query& query) {
  Item item{client, query};
  if (item.query.edns) item.query.edns->options = {};  // they view the listener's buffer
  push(item);
}

void HandOver::on_refresh(const dns::Query& query) { push({std::nullopt, query}); }

void HandOver::push(const Item& item) {
  if (!ring_.push(item)) counters_.add(metrics::WorkerMetric::hand_over_full);
  wake();
}

// One post for any number of queries. The exchange here and the one in deliver() are ordered: if
// this one still finds `true`, deliver()'s comes after it and sees what has been pushed.
void HandOver::wake() {
  if (!is_due_.exchange(true, std::memory_order_acq_rel))
    boost::asio::post(engine_loop_, [this] { deliver(); });
}

void HandOver::deliver() {
  is_due_.exchange(false, std::memory_order_acq_rel);
  const auto give = [this](const Item& item) {
    if (item.client)
      engine_.on_query(*item.client, item.query);
    else
      engine_.on_refresh(item.query);
  };
  for (std::size_t given = 0; given < kMaxPerTurn; ++given)
    if (!ring_.consume_one(give)) return;
  wake();
}

}  // namespace sluice::net
