#include <gtest/gtest.h>

#include "policy/admission_queue.h"
#include "resolver/base/random.h"
#include "tests/support/allocations.h"

namespace sluice::policy {
namespace {

TEST(AdmissionQueueAllocation, NothingAllocatesAfterConstruction) {
  constexpr AdmissionQueue::Item kCapacity = 64;
  constexpr AdmissionQueue::ClassIndex kClasses = 8;
  AdmissionQueue queue{kCapacity, kClasses};
  Random random{{.k0 = 1, .k1 = 2}};
  TimePoint now{1000s};
  std::size_t pushed = 0;

  const std::size_t before = allocations::count();
  for (int step = 0; step < 20'000; ++step) {
    now += 1ms;
    const auto item = static_cast<AdmissionQueue::Item>(random.below(kCapacity));
    const auto klass = static_cast<AdmissionQueue::ClassIndex>(random.below(kClasses));
    if (!queue.contains(item)) {
      // Far more clients and subtrees than there are slots for.
      queue.push({.item = item,
                  .klass = klass,
                  .band = static_cast<AdmissionQueue::Band>(random.below(AdmissionQueue::kBands)),
                  .client = random.below(1'000),
                  .subtree = random.below(1'000),
                  .since = now});
      ++pushed;
    }
    random.below(2) == 0 ? queue.hold(klass) : queue.release(klass);
    (void)queue.candidate(klass, now);
    if (const auto shed = queue.shed_candidate(); shed && queue.size() == kCapacity)
      queue.remove(shed->item);
    if (random.below(2) == 0 && queue.front(now, AdmissionQueue::Supply::spare)) queue.pop(now);
  }
  const std::size_t after = allocations::count();

  EXPECT_EQ(after, before);
  EXPECT_GT(before, 0U);
  EXPECT_GT(pushed, 5'000U);
}

}  // namespace
}  // namespace sluice::policy
