#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "resolver/net/admin_sources.h"
#include "resolver/net/cache_verbs.h"

namespace sluice::net {

/// Answers the control tool's requests: {"verb":"status"} becomes one line of JSON, {"error":"..."}
/// if it cannot be done. Some verbs take more: {"verb":"explain","name":"www.example","type":"A"}.
/// Knows nothing of sockets and of who asks.
///
/// Thread-confined to `loop`.
class ControlVerbs {
 public:
  using Done = std::function<void(std::string reply)>;

  /// The error of a verb that needs the engine while that does not answer.
  static constexpr std::string_view kEngineSilent = "the engine did not answer in time";

  ControlVerbs(boost::asio::io_context& loop, AdminSources sources);

  /// Calls `done` once, perhaps before it returns: a line of JSON without its end.
  void answer(std::string_view request, const Done& done);

  /// Whether a verb only looks: what HTTP may ask, too.
  [[nodiscard]] static bool only_reads(std::string_view verb);

  /// Forgets the requests that wait for an answer, before the end.
  void abandon();

  /// {"error": reason} as a line.
  [[nodiscard]] static std::string error_line(std::string_view reason);

 private:
  using Json = nlohmann::json;
  struct Verb;
  static const Verb* find(std::string_view name);

  void status(const Json& request, const Done& done);
  void stats(const Json& request, const Done& done);
  void zones(const Json& request, const Done& done);
  void upstreams(const Json& request, const Done& done);
  void budget(const Json& request, const Done& done);
  void requests(const Json& request, const Done& done);
  void top(const Json& request, const Done& done);
  void explain(const Json& request, const Done& done);
  void diagnose(const Json& request, const Done& done);
  void overview(const Json& request, const Done& done);
  void cache(const Json& request, const Done& done);
  void recorder(const Json& request, const Done& done);
  void log_level(const Json& request, const Done& done);
  void reload(const Json& request, const Done& done);
  void version(const Json& request, const Done& done);

  /// Answers with what `show` makes of the engine's snapshot.
  void with_snapshot(std::function<Json(const EngineSnapshot&)> show, const Done& done);
  /// Asks the engine something that is this request's alone. `put` is an Ask.
  template <typename Answer>
  void ask_engine(Ask<Answer> put, std::function<void(const Answer&)> use, const Done& done);
  void fail_for_silence(const Done& done);
  [[nodiscard]] Json status_json(bool engine_answers) const;

  boost::asio::io_context& loop_;
  AdminSources sources_;
  Inquiry<Pong> ping_;
  Inquiry<EngineSnapshot> snapshot_;
  Inquiry<std::vector<std::string>> reload_;
  Inquiry<Recording> recording_;
  std::optional<CacheVerbs> cache_;
  std::map<std::uint64_t, std::shared_ptr<void>> asked_;  // inquiries of single requests, open
  std::uint64_t last_asked_ = 0;
};

}  // namespace sluice::net
