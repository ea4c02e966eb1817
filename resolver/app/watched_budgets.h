#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "resolver/net/budget_watch.h"
#include "resolver/routing.h"

namespace sluice::app {

/// Which lanes of the engine's budgets are watched, and what comes of it in their metrics.
///
/// A lane keeps its allowance source for as long as its setting stays, however often routes and
/// interfaces change: a count means something only beside the one before. Confined to the loop.
class WatchedBudgets {
 public:
  explicit WatchedBudgets(boost::asio::io_context& loop) : watch_{loop} {}

  /// Watches each lane of the budgets that an upstream of `config` uses, and no other. `config`
  /// names all servers ("system" resolved). To be called when it, the routes or the interfaces have
  /// changed. `routing` outlives this.
  void watch(const conf::Config& config, const Routing& routing);
  /// Brings the metrics of the watched budgets up to date.
  void count() const;

 private:
  using Sources = std::map<std::string, std::shared_ptr<net::AllowanceSource>>;

  net::BudgetWatch watch_;
  Sources sources_;  // by setting, budget and lane
  std::vector<metrics::CounterBlock<metrics::BudgetMetric>*> counters_;  // of each lane's budget
};

}  // namespace sluice::app
