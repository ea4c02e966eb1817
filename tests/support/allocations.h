#pragma once

#include <cstddef>

/// Counts what a test's process asks of the heap: whatever links this has its operator new and
/// delete replaced.
namespace sluice::allocations {

/// Allocations of the calling thread so far.
[[nodiscard]] std::size_t count() noexcept;
/// Octets allocated now, by all threads, by what the allocator gave and its own header of 8 each.
[[nodiscard]] std::size_t bytes() noexcept;

}  // namespace sluice::allocations
