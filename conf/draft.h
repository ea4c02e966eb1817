#pragma once

#include "conf/config.h"
#include "conf/document.h"
#include "conf/origins.h"
#include "conf/problem.h"

namespace sluice::conf {

/// A configuration as far as it could be made out, and what was in the way.
struct Draft {
  Config config;
  Origins origins;
  Problems problems;  ///< in no order; the same one more than once if several rules share it
};

/// Reads each value of a document into the configuration by the option table, on top of the
/// defaults. Does not compare values with each other: check() does.
[[nodiscard]] Draft read_document(const Document& document, const std::string& file);

}  // namespace sluice::conf
