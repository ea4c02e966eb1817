#pragma once

namespace sluice {

/// Reports a broken invariant on stderr and aborts: a bug stops the process, the supervisor
/// restarts it.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace sluice

/// Checks an invariant in every build. For what must hold; what may fail is checked and handled.
#define SLUICE_ASSERT(condition) \
  ((condition) ? void(0) : ::sluice::assertion_failed(#condition, __FILE__, __LINE__))
