#include "resolver/net/reply_sampling.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::net {
namespace {

/// Of so many replies which are due: L for the log, D for dnstap, B for both, - for none.
std::string due(ReplySampling& sampling, int replies) {
  std::string text;
  for (int i = 0; i < replies; ++i) {
    if (!sampling.is_due()) {
      text += '-';
      continue;
    }
    const ReplySampling::Due what = sampling.take();
    text += what.for_log ? (what.for_dnstap ? 'B' : 'L') : (what.for_dnstap ? 'D' : '?');
  }
  return text;
}

TEST(ReplySampling, HasNothingDueUntilItIsTold) {
  ReplySampling sampling;
  EXPECT_EQ(due(sampling, 5), "-----");
}

TEST(ReplySampling, HasOneOfSoManyDueForEach) {
  ReplySampling sampling;
  sampling.set(2, 3);
  EXPECT_EQ(due(sampling, 12), "-LDL-B-LDL-B");
}

TEST(ReplySampling, HasEachDueIfOneOfOneIs) {
  ReplySampling sampling;
  sampling.set(1, 0);
  EXPECT_EQ(due(sampling, 4), "LLLL");
}

TEST(ReplySampling, HasNothingDueOnceItIsTurnedOff) {
  ReplySampling sampling;
  sampling.set(1, 1);
  EXPECT_EQ(due(sampling, 2), "BB");
  sampling.set(0, 0);
  EXPECT_EQ(due(sampling, 4), "----");
}

}  // namespace
}  // namespace sluice::net
