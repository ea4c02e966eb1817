#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "resolver/net/admin_sources.h"

namespace sluice::net {

/// Answers the control tool's requests: {"verb":"status"} becomes one JSON object, {"error":"..."}
/// if it cannot be done. Knows nothing of sockets and of who asks.
///
/// Thread-confined to `loop`.
class ControlVerbs {
 public:
  using Done = std::function<void(std::string reply)>;

  ControlVerbs(boost::asio::io_context& loop, AdminSources sources);

  /// Calls `done` once, perhaps before it returns: a line of JSON without its end.
  void answer(std::string_view request, const Done& done);

  /// Forgets the requests that wait for an answer, before the end.
  void abandon();

  /// {"error": reason} as a line.
  [[nodiscard]] static std::string error_line(std::string_view reason);

 private:
  struct Verb;
  static const Verb* find(std::string_view name);

  void status(const Done& done);
  void stats(const Done& done);
  void reload(const Done& done);
  void version(const Done& done);
  /// Answers with what `show` makes of the engine's snapshot.
  void engine_part(nlohmann::json (*show)(const EngineSnapshot&), const Done& done);
  [[nodiscard]] nlohmann::json status_json(bool engine_answers) const;

  AdminSources sources_;
  Inquiry<Pong> ping_;
  Inquiry<EngineSnapshot> snapshot_;
  Inquiry<std::vector<std::string>> reload_;
};

}  // namespace sluice::net
