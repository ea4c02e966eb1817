#include "tests/scenario/fleet/cell.h"

#include <algorithm>

namespace sluice::fleet {

namespace {

VpcInterface interface_for(const Crowd::Scene& scene, std::uint32_t first_host) {
  const TimePoint since = scene.start + scene.workload.warm_up;
  const HashKey key{scene.workload.seed, std::uint64_t{first_host} << 32 | 1};
  return {Random{key}, since, since + scene.workload.measured};
}

}  // namespace

Cell::Cell(const Crowd::Scene& scene, std::vector<std::uint32_t> hosts, Duration hop,
           const MakeResolver& make_resolver)
    : interface_{interface_for(scene, hosts.empty() ? 0 : hosts.front())},
      network_{events_, interface_, hop},
      resolver_{make_resolver(network_)},
      crowd_{scene, std::move(hosts), network_, events_} {}

void Cell::run() {
  TimePoint now{};
  while (!events_.empty()) {
    const TimePoint deadline = resolver_->next_deadline();
    now = std::max(now, std::min(deadline, events_.next()));
    if (deadline < events_.next())
      resolver_->on_deadline(now);
    else
      handle(events_.pop(), now);
  }
}

void Cell::handle(const Event& event, TimePoint now) {
  struct Handler {
    Cell& cell;
    TimePoint now;
    void operator()(const LookupDue& due) const { cell.crowd_.on_lookup_due(due, now); }
    void operator()(const QueryArrives& arrival) const {
      cell.resolver_->on_query(arrival.query, now);
    }
    void operator()(const ReplyArrives& reply) const { cell.crowd_.on_reply(reply, now); }
    void operator()(const TryOver& over) const { cell.crowd_.on_try_over(over, now); }
    void operator()(const AskAgain& again) const { cell.crowd_.on_ask_again(again, now); }
    void operator()(const ExchangeOver& over) const { cell.resolver_->on_exchange_over(over, now); }
  };
  std::visit(Handler{*this, now}, event);
}

}  // namespace sluice::fleet
