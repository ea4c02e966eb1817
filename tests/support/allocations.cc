#include "tests/support/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t kHeader = 8;

thread_local std::size_t allocation_count = 0;
std::atomic<std::size_t> allocated_bytes = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  void* const memory =
      alignment > alignof(std::max_align_t)
          ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
          : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  ++allocation_count;
  allocated_bytes += malloc_usable_size(memory) + kHeader;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) allocated_bytes -= malloc_usable_size(memory) + kHeader;
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

namespace sluice::allocations {

std::size_t count() noexcept { return allocation_count; }
std::size_t bytes() noexcept { return allocated_bytes; }

}  // namespace sluice::allocations
