#pragma once

#include <map>
#include <string>
#include <string_view>

#include "resolver/app/verbs.h"
#include "resolver/base/result.h"

namespace sluice::app {

constexpr int kDone = 0;
constexpr int kFailed = 1;    // no daemon, no permission, or the daemon says no
constexpr int kWrongUse = 2;  // the command line
constexpr int kUnwell = 3;    // diagnose: something is wrong

/// What one call of sluicectl is to do.
struct Command {
  const Verb* verb;  ///< of verbs()
  std::string socket;
  bool as_json = false;
  std::map<std::string, std::string, std::less<>>
      values;  ///< by Argument::name; fallbacks filled in

  /// The value of an argument; "" if it is not given and has no fallback.
  [[nodiscard]] std::string value(std::string_view name) const;
};

/// A command line that asks for nothing of the daemon: help, or wrong use.
struct Ending {
  int status;        ///< kDone or kWrongUse
  std::string text;  ///< for the standard output or error; says how it should be
};

/// Names and types in the result are as asked_name() and asked_type() make them, numbers within
/// their bounds, choices among theirs.
[[nodiscard]] Result<Command, Ending> parse_command(int argc, const char* const* argv);

}  // namespace sluice::app
