#include "resolver/net/control_verbs.h"

#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "resolver/net/control_json.h"

namespace sluice::net {

namespace {

using metrics::AdminMetric;
using metrics::ProcessMetric;
using nlohmann::json;

constexpr const char* kEngineSilent = "the engine did not answer in time";

// Paths and names from the configuration may be any bytes; JSON is UTF-8.
std::string to_line(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace

struct ControlVerbs::Verb {
  const char* name;
  void (*run)(ControlVerbs&, const Done&);
};

const ControlVerbs::Verb* ControlVerbs::find(std::string_view name) {
  static constexpr std::array kVerbs{
      Verb{"status", [](ControlVerbs& verbs, const Done& done) { verbs.status(done); }},
      Verb{"stats", [](ControlVerbs& verbs, const Done& done) { verbs.stats(done); }},
      Verb{"zones",
           [](ControlVerbs& verbs, const Done& done) { verbs.engine_part(zones_json, done); }},
      Verb{"upstreams",
           [](ControlVerbs& verbs, const Done& done) { verbs.engine_part(upstreams_json, done); }},
      Verb{"budget",
           [](ControlVerbs& verbs, const Done& done) { verbs.engine_part(budgets_json, done); }},
      Verb{"requests",
           [](ControlVerbs& verbs, const Done& done) { verbs.engine_part(requests_json, done); }},
      Verb{"reload", [](ControlVerbs& verbs, const Done& done) { verbs.reload(done); }},
      Verb{"version", [](ControlVerbs& verbs, const Done& done) { verbs.version(done); }},
  };
  for (const Verb& verb : kVerbs)
    if (verb.name == name) return &verb;
  return nullptr;
}

ControlVerbs::ControlVerbs(boost::asio::io_context& loop, AdminSources sources)
    : sources_{std::move(sources)},
      ping_{loop, sources_.ping, sources_.patience.ping},
      snapshot_{loop, sources_.snapshot, sources_.patience.snapshot},
      reload_{loop, sources_.reload, sources_.patience.reload} {}

void ControlVerbs::answer(std::string_view request, const Done& done) {
  const json parsed = json::parse(request, nullptr, false);
  const auto verb = parsed.is_object() ? parsed.find("verb") : parsed.end();
  if (!parsed.is_object() || verb == parsed.end() || !verb->is_string())
    return done(error_line("the request must be {\"verb\": \"...\"}"));
  const Verb* known = find(verb->get_ref<const std::string&>());
  if (known == nullptr)
    return done(
        error_line("unknown verb; there are status, stats, zones, upstreams, budget, "
                   "requests, reload, version"));
  known->run(*this, done);
}

void ControlVerbs::abandon() {
  ping_.abandon();
  snapshot_.abandon();
  reload_.abandon();
}

std::string ControlVerbs::error_line(std::string_view reason) {
  return to_line({{"error", reason}});
}

void ControlVerbs::status(const Done& done) {
  // The one verb that must answer while the engine does not: it reads atomics, and says so.
  ping_.ask([this, done](const Pong* pong) {
    if (pong == nullptr) sources_.counters->add(AdminMetric::engine_silent);
    done(to_line(status_json(pong != nullptr)));
  });
}

json ControlVerbs::status_json(bool engine_answers) const {
  const ServerStatus server = sources_.status();
  const metrics::Sources numbers = sources_.metrics();
  const auto number = [&](ProcessMetric metric) {
    return numbers.process == nullptr ? 0 : numbers.process->get(metric);
  };
  const std::chrono::duration<double> uptime = Clock::now() - server.started;
  return {{"version", SLUICE_VERSION},
          {"pid", getpid()},
          {"uptime_seconds", static_cast<std::uint64_t>(uptime.count())},
          {"ready", sources_.is_ready()},
          {"engine_answers", engine_answers},
          {"config", server.config_path},
          {"listen", server.listen},
          {"admin", server.admin},
          {"threads", server.threads},
          {"in_flight", number(ProcessMetric::in_flight)},
          {"in_flight_max", server.max_in_flight},
          {"waiters", number(ProcessMetric::waiters)},
          {"waiters_max", server.max_waiters},
          {"exchanges", number(ProcessMetric::exchanges)},
          {"exchanges_max", server.max_exchanges},
          {"failures_cached", number(ProcessMetric::failures_cached)},
          {"cache",
           {{"entries", number(ProcessMetric::cache_entries)},
            {"bytes", number(ProcessMetric::cache_bytes)},
            {"max_bytes", number(ProcessMetric::cache_max_bytes)},
            {"evictions", number(ProcessMetric::cache_evictions)},
            {"live_evictions", number(ProcessMetric::cache_live_evictions)}}}};
}

void ControlVerbs::stats(const Done& done) {
  done(to_line(stats_json(metrics::collect(sources_.metrics(), metrics::Peaks::keep))));
}

void ControlVerbs::engine_part(json (*show)(const EngineSnapshot&), const Done& done) {
  snapshot_.ask([this, show, done](const EngineSnapshot* snapshot) {
    if (snapshot != nullptr) return done(to_line(show(*snapshot)));
    sources_.counters->add(AdminMetric::engine_silent);
    done(error_line(kEngineSilent));
  });
}

void ControlVerbs::reload(const Done& done) {
  // Not shared with a reload under way: that one may have read the file before its last change.
  if (reload_.is_open()) return done(error_line("a reload is under way; try again"));
  reload_.ask([done](const std::vector<std::string>* problems) {
    if (problems == nullptr) return done(error_line("the reload has not ended in time"));
    if (problems->empty()) return done(to_line({{"result", "ok"}}));
    done(to_line({{"error", "the old configuration stays in force"}, {"problems", *problems}}));
  });
}

void ControlVerbs::version(const Done& done) { done(to_line({{"version", SLUICE_VERSION}})); }

}  // namespace sluice::net
