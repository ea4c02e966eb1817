#include "tests/scenario/every_failure.h"

#include <algorithm>

#include "resolver/dns/presentation.h"
#include "tests/scenario/replay.h"

namespace sluice::scenario {

namespace {

std::string describe(const ScenarioRecord& record, const Failure& failure) {
  const dns::Question& question = record.exchanges()[failure.exchange].question;
  return "with exchange " + std::to_string(failure.exchange) + " (" +
         dns::to_string(question.name) + ") " + std::string{to_string(failure.fault)} + ": ";
}

}  // namespace

std::vector<std::string> problems_with_every_failure(const ScenarioRecord& record) {
  std::vector<std::string> problems = Replay{record, std::nullopt}.run();
  for (std::string& problem : problems) problem = "without a failure: " + problem;

  // All pairs of an exchange and a fault, or as many as there is time for, evenly spread.
  const std::size_t exchanges = record.exchanges().size();
  const std::size_t failing = std::min(exchanges, kMaxFailingExchanges);
  const std::size_t pairs = failing * kEveryFault.size();
  const std::size_t events = std::max<std::size_t>(record.events().size(), 1);
  const std::size_t replays = std::min(pairs, std::max(kMinReplays, kMaxReplayedEvents / events));
  for (std::size_t i = 0; i < replays; ++i) {
    const std::size_t pair = i * pairs / replays;
    const Failure failure{.exchange = pair / kEveryFault.size() * exchanges / failing,
                          .fault = kEveryFault[pair % kEveryFault.size()]};
    Replay replay{record, failure};
    for (const std::string& problem : replay.run())
      problems.push_back(describe(record, failure) + problem);
  }
  return problems;
}

}  // namespace sluice::scenario
