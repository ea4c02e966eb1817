#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/app/frame.h"

namespace sluice::app {

/// What the live view shows: the last overview of a daemon with the one before, and whether the
/// daemon is gone. Asks nobody, draws nothing.
class LiveView {
 public:
  /// A reply to `overview`. One that is {"error": ...} counts as no reply.
  void take(nlohmann::json overview);
  /// There is no reply, for `reason`. What was last seen stays, as out of date.
  void lose(std::string_view reason);

  /// What is wrong now; nullopt if the last reply was good.
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

  [[nodiscard]] Frame frame(FrameSize size) const;

 private:
  nlohmann::json now_;
  nlohmann::json before_;
  std::optional<std::string> problem_;
};

}  // namespace sluice::app
