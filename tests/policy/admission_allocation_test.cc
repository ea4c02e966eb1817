#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "policy/admission_queue.h"
#include "resolver/base/random.h"

namespace {

std::size_t allocation_count = 0;

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  ++allocation_count;
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sluice::policy {
namespace {

TEST(AdmissionQueueAllocation, NothingAllocatesAfterConstruction) {
  constexpr AdmissionQueue::Item kCapacity = 64;
  constexpr AdmissionQueue::ClassIndex kClasses = 8;
  AdmissionQueue queue{kCapacity, kClasses};
  Random random{{.k0 = 1, .k1 = 2}};
  TimePoint now{1000s};
  std::size_t pushed = 0;

  const std::size_t before = allocation_count;
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
  const std::size_t after = allocation_count;

  EXPECT_EQ(after, before);
  EXPECT_GT(before, 0U);
  EXPECT_GT(pushed, 5'000U);
}

}  // namespace
}  // namespace sluice::policy
