#include "resolver/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "sluice: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace sluice
