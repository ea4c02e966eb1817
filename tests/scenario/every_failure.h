#pragma once

#include <string>
#include <vector>

#include "tests/scenario/scenario_record.h"

namespace sluice::scenario {

/// Exchanges of a record that are made to fail, in turn; of more than these, so many evenly spread.
inline constexpr std::size_t kMaxFailingExchanges = 40;
/// All replays together repeat at most so many events, so that the scenario of a storm takes
/// little longer than others; but kMinReplays are made.
inline constexpr std::size_t kMaxReplayedEvents = 5'000;
inline constexpr std::size_t kMinReplays = 3;

/// Replays `record` as it is, then with each of its exchanges failing in each way. What the audits
/// found, each line with the failure that brought it to light; empty if all is well.
[[nodiscard]] std::vector<std::string> problems_with_every_failure(const ScenarioRecord& record);

}  // namespace sluice::scenario
