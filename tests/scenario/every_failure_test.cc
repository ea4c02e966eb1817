#include "tests/scenario/every_failure.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/scenario/fault.h"
#include "tests/scenario/sample_record.h"

namespace sluice::scenario {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(EveryFailure, LeavesNobodyWaiting) {
  const SampleRecord sample = SampleRecord{}
                                  .ask("a.example. A", 1, 0ms)
                                  .start("a.example. A", 0ms)
                                  .ask("a.example. A", 1, 3ms)
                                  .ask("a.example. A", 2, 4ms)
                                  .answer(0, "a.example. A", 20ms)
                                  .ask("b.example. A", 3, 30ms)
                                  .start("b.example. A", 30ms)
                                  .end(1, ExchangeStatus::closed, 31ms);
  EXPECT_THAT(problems_with_every_failure(sample.record()), IsEmpty());
}

TEST(EveryFailure, SaysWithWhichFailureAProblemCame) {
  // Two exchanges that the engine will never start, since it gets no configuration.
  const SampleRecord sample =
      SampleRecord{"nonsense"}.start("a.example. A", 0ms).start("b.example. A", 0ms);
  const std::vector<std::string> problems = problems_with_every_failure(sample.record());

  EXPECT_THAT(problems, SizeIs(1 + 2 * kEveryFault.size()));
  EXPECT_THAT(problems, Contains(StartsWith("without a failure: ")));
  EXPECT_THAT(problems, Contains(StartsWith("with exchange 0 (a.example.) silent: ")));
  EXPECT_THAT(problems, Contains(StartsWith("with exchange 1 (b.example.) wrong question: ")));
}

/// Each replay of a record with a bad configuration says so once.
bool is_about_the_file(const std::string& problem) {
  return problem.find("replay.toml") != std::string::npos;
}

TEST(EveryFailure, RepeatsAStormLessOften) {
  SampleRecord sample{"nonsense"};
  for (std::size_t i = 0; i < kMaxReplayedEvents; ++i) sample.ask("a.example. A", 1, 0ms);
  for (int i = 0; i < 100; ++i) sample.start("a.example. A", 0ms);

  const std::vector<std::string> problems = problems_with_every_failure(sample.record());
  EXPECT_EQ(std::ranges::count_if(problems, is_about_the_file), 1 + kMinReplays);
}

}  // namespace
}  // namespace sluice::scenario
