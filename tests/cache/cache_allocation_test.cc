#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "cache/response_cache.h"
#include "resolver/base/random.h"
#include "tests/cache/sample.h"

namespace {

std::size_t allocation_count = 0;
std::size_t allocated_bytes = 0;  // by what the allocator gave, its own header of 8 included

void* allocate(std::size_t size, std::size_t alignment) {
  void* const memory =
      alignment > alignof(std::max_align_t)
          ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
          : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  ++allocation_count;
  allocated_bytes += malloc_usable_size(memory) + 8;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) allocated_bytes -= malloc_usable_size(memory) + 8;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace sluice::cache {
namespace {

TEST(ResponseCacheAllocation, LookupNeverAllocates) {
  ResponseCache cache{1 << 20, kHashKey};
  const dns::LookupKey present = key_for("www.example");
  const dns::LookupKey absent = key_for("mail.example");
  const Sample sample{{60, 90}, 60s};
  cache.store(present, cache.hash(present), sample.view(), t0);
  Buffer buffer;

  const std::size_t before = allocation_count;
  const auto hit = cache.lookup(present, cache.hash(present), t0 + 1s, buffer);
  const auto miss = cache.lookup(absent, cache.hash(absent), t0 + 1s, buffer);
  const auto expired = cache.lookup(present, cache.hash(present), t0 + 60s, buffer);
  const std::size_t after = allocation_count;

  EXPECT_EQ(after, before);
  EXPECT_TRUE(hit);
  EXPECT_FALSE(miss);
  EXPECT_FALSE(expired);
}

TEST(ResponseCacheAllocation, StoreAllocatesOncePerEntry) {
  ResponseCache cache{1 << 20, kHashKey};
  const dns::LookupKey key = key_for("www.example");
  const Sample sample{{60, 90}, 60s};

  const std::size_t before = allocation_count;
  cache.store(key, cache.hash(key), sample.view(), t0);
  const std::size_t after = allocation_count;

  EXPECT_EQ(after - before, 1U);
}

TEST(ResponseCacheAllocation, TheBudgetCountsAllThatTheAllocatorGave) {
  constexpr std::size_t kMaxBytes = 300'000;
  constexpr std::size_t kFixed = 1024;  // the shards' own headers, whatever the budget
  Random random{{.k0 = 3, .k1 = 4}};
  const std::size_t before = allocated_bytes;
  ResponseCache cache{kMaxBytes, kHashKey};

  for (std::uint64_t i = 0; i < 5000; ++i) {
    const dns::LookupKey key = numbered_key(i);
    const Sample sample{12 + random.below(1000)};
    cache.store(key, cache.hash(key), sample.view(), t0);
  }

  EXPECT_GT(cache.stats().evictions, 0U);
  EXPECT_LE(allocated_bytes - before, cache.stats().bytes + kFixed);
}

}  // namespace
}  // namespace sluice::cache
