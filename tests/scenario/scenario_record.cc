#include "tests/scenario/scenario_record.h"

#include "resolver/dns/message.h"

namespace sluice::scenario {

void ScenarioRecord::configured(std::string_view toml, TimePoint now) {
  events_.push_back({now, Configuration{std::string{toml}}});
}

void ScenarioRecord::asked(const ClientRef& client, std::span<const std::byte> message,
                           TimePoint now) {
  events_.push_back({now, Query{client, Bytes{message.begin(), message.end()}}});
}

void ScenarioRecord::refreshed(std::span<const std::byte> message, TimePoint now) {
  events_.push_back({now, Refresh{Bytes{message.begin(), message.end()}}});
}

void ScenarioRecord::started(const StartExchange& start, std::span<const std::byte> query,
                             TimePoint now) {
  open_[{start.id.slot, start.id.generation}] = exchanges_.size();
  exchanges_.push_back({.question = dns::read_question(query).value(),
                        .transport = start.transport,
                        .started = now});
}

void ScenarioRecord::finished(ExchangeId id, const ExchangeOutcome& outcome, TimePoint now) {
  const auto found = open_.find({id.slot, id.generation});
  if (found == open_.end()) return;
  exchanges_[found->second].outcome = events_.size();
  events_.push_back({now, Outcome{found->second, outcome.status,
                                  Bytes{outcome.response.begin(), outcome.response.end()}}});
  open_.erase(found);
}

void ScenarioRecord::connection_changed(const Connection& connection, TimePoint now) {
  events_.push_back({now, connection});
}

}  // namespace sluice::scenario
