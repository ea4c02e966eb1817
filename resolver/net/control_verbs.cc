#include "resolver/net/control_verbs.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "policy/verdict.h"
#include "resolver/dns/presentation.h"
#include "resolver/health.h"
#include "resolver/net/control_json.h"
#include "resolver/net/diagnosis.h"
#include "resolver/net/explanation_json.h"
#include "resolver/net/log.h"
#include "resolver/net/recorder_json.h"

namespace sluice::net {

namespace {

using metrics::AdminMetric;
using metrics::ProcessMetric;
using nlohmann::json;

// Paths and names from the configuration may be any bytes; JSON is UTF-8.
std::string to_line(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

constexpr const char* kNoName = "\"name\" must be a domain name";

std::string text(const json& request, const char* key, const char* otherwise) {
  const auto found = request.find(key);
  if (found == request.end()) return otherwise;
  return found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<dns::Name> name_in(const json& request) {
  return dns::parse_name(text(request, "name", ""));
}

/// By the gauges, which are there while the engine does not answer, too.
std::string_view verdict_of(const metrics::Sources& numbers) {
  for (std::size_t i = 0; numbers.process != nullptr && i < policy::kVerdicts; ++i) {
    const auto verdict = static_cast<policy::Verdict>(i);
    if (numbers.process->get(metric_of(verdict)) == 1) return policy::name_of(verdict);
  }
  return policy::name_of(policy::Verdict::healthy);
}

}  // namespace

struct ControlVerbs::Verb {
  const char* name;
  void (ControlVerbs::*run)(const json& request, const Done& done);
  bool only_reads = true;
};

const ControlVerbs::Verb* ControlVerbs::find(std::string_view name) {
  static constexpr std::array kVerbs{
      Verb{"status", &ControlVerbs::status},
      Verb{"stats", &ControlVerbs::stats},
      Verb{"zones", &ControlVerbs::zones},
      Verb{"upstreams", &ControlVerbs::upstreams},
      Verb{"budget", &ControlVerbs::budget},
      Verb{"requests", &ControlVerbs::requests},
      Verb{"top", &ControlVerbs::top},
      Verb{"explain", &ControlVerbs::explain},
      Verb{"diagnose", &ControlVerbs::diagnose},
      Verb{"overview", &ControlVerbs::overview},
      Verb{"version", &ControlVerbs::version},
      Verb{"cache", &ControlVerbs::cache, false},
      Verb{"recorder", &ControlVerbs::recorder, false},  // holds what single clients asked
      Verb{"log-level", &ControlVerbs::log_level, false},
      Verb{"reload", &ControlVerbs::reload, false},
  };
  for (const Verb& verb : kVerbs)
    if (verb.name == name) return &verb;
  return nullptr;
}

ControlVerbs::ControlVerbs(boost::asio::io_context& loop, AdminSources sources)
    : loop_{loop},
      sources_{std::move(sources)},
      ping_{loop, sources_.ping, sources_.patience.ping},
      snapshot_{loop, sources_.snapshot, sources_.patience.snapshot},
      reload_{loop, sources_.reload, sources_.patience.reload},
      recording_{loop, sources_.recording, sources_.patience.snapshot} {
  if (sources_.cache != nullptr) cache_.emplace(loop_, *sources_.cache);
}

void ControlVerbs::answer(std::string_view request, const Done& done) {
  const json parsed = json::parse(request, nullptr, false);
  const auto verb = parsed.is_object() ? parsed.find("verb") : parsed.end();
  if (!parsed.is_object() || verb == parsed.end() || !verb->is_string())
    return done(error_line("the request must be {\"verb\": \"...\"}"));
  const Verb* known = find(verb->get_ref<const std::string&>());
  if (known == nullptr)
    return done(error_line(
        "unknown verb; there are status, stats, zones, upstreams, budget, requests, "
        "top, explain, diagnose, overview, cache, recorder, log-level, reload, version"));
  (this->*known->run)(parsed, done);
}

bool ControlVerbs::only_reads(std::string_view verb) {
  const Verb* known = find(verb);
  return known != nullptr && known->only_reads;
}

void ControlVerbs::abandon() {
  ping_.abandon();
  snapshot_.abandon();
  reload_.abandon();
  recording_.abandon();
  asked_.clear();
  if (cache_) cache_->abandon();
}

std::string ControlVerbs::error_line(std::string_view reason) {
  return to_line({{"error", reason}});
}

void ControlVerbs::status(const json&, const Done& done) {
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
          {"verdict", verdict_of(numbers)},
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

void ControlVerbs::stats(const json&, const Done& done) {
  done(to_line(stats_json(metrics::collect(sources_.metrics(), metrics::Peaks::keep))));
}

void ControlVerbs::zones(const json&, const Done& done) { with_snapshot(zones_json, done); }
void ControlVerbs::upstreams(const json&, const Done& done) { with_snapshot(upstreams_json, done); }
void ControlVerbs::budget(const json&, const Done& done) { with_snapshot(budgets_json, done); }

void ControlVerbs::requests(const json&, const Done& done) {
  with_snapshot(
      [this](const EngineSnapshot& snapshot) { return requests_json(snapshot, sources_.describe); },
      done);
}

void ControlVerbs::top(const json& request, const Done& done) {
  using Window = policy::TopSpenders::Window;
  const std::string wanted = text(request, "window", "minute");
  if (wanted != "minute" && wanted != "hour")
    return done(error_line("\"window\" must be \"minute\" or \"hour\""));
  const Window window = wanted == "minute" ? Window::minute : Window::hour;
  with_snapshot(
      [this, window](const EngineSnapshot& snapshot) {
        return top_json(snapshot, window, sources_.describe);
      },
      done);
}

void ControlVerbs::explain(const json& request, const Done& done) {
  const auto name = name_in(request);
  const auto type = dns::parse_type(text(request, "type", "A"));
  if (!name) return done(error_line(kNoName));
  if (!type) return done(error_line("\"type\" must be a record type such as A, PTR or TYPE65280"));
  const dns::Question question{.name = *name, .type = *type};
  ask_engine<Explanation>(
      [explain = sources_.explain, question](auto answer) { explain(question, std::move(answer)); },
      [this, done](const Explanation& explanation) {
        done(to_line(explanation_json(explanation, sources_.describe)));
      },
      done);
}

void ControlVerbs::diagnose(const json&, const Done& done) {
  with_snapshot(
      [this](const EngineSnapshot& snapshot) {
        return diagnosis_json(snapshot, sources_.describe);
      },
      done);
}

void ControlVerbs::overview(const json&, const Done& done) {
  using Seconds = std::chrono::duration<double>;
  with_snapshot(
      [this](const EngineSnapshot& snapshot) -> json {
        const Seconds at = std::chrono::system_clock::now().time_since_epoch();
        return {
            {"at_seconds", at.count()},
            {"status", status_json(true)},
            {"stats", stats_json(metrics::collect(sources_.metrics(), metrics::Peaks::keep))},
            {"zones", zones_json(snapshot)},
            {"upstreams", upstreams_json(snapshot)},
            {"budgets", budgets_json(snapshot)},
            {"diagnosis", diagnosis_json(snapshot, sources_.describe)},
            {"top", top_json(snapshot, policy::TopSpenders::Window::minute, sources_.describe)}};
      },
      done);
}

void ControlVerbs::cache(const json& request, const Done& done) {
  using Action = CacheVerbs::Action;
  static constexpr std::array kActions{
      std::pair{"show", Action::show}, std::pair{"dump", Action::dump},
      std::pair{"flush", Action::flush}, std::pair{"flush-tree", Action::flush_tree},
      std::pair{"flush-all", Action::flush_all}};
  const std::string wanted = text(request, "action", "");
  const auto found = std::find_if(kActions.begin(), kActions.end(),
                                  [&](const auto& row) { return row.first == wanted; });
  if (found == kActions.end() || !cache_)
    return done(error_line("\"action\" must be show, dump, flush, flush-tree or flush-all"));
  const Action action = found->second;
  const bool needs_name = action != Action::dump && action != Action::flush_all;
  const auto name = needs_name ? name_in(request) : dns::Name{};
  if (!name) return done(error_line(kNoName));
  const auto run = [this, action, name = *name, done] {
    cache_->run(action, name, [done](const json& reply) { done(to_line(reply)); });
  };
  if (action == Action::show || action == Action::dump) return run();
  // Failures first: else one could be answered from memory although its name has been flushed.
  const auto forgotten = action == Action::flush ? std::optional{*name} : std::nullopt;
  ask_engine<Pong>([forget = sources_.forget_failures,
                    forgotten](auto answer) { forget(forgotten, std::move(answer)); },
                   [run](const Pong&) { run(); }, done);
}

void ControlVerbs::recorder(const json& request, const Done& done) {
  const std::string format = text(request, "format", "text");
  if (format != "text" && format != "pcap")
    return done(error_line("\"format\" must be \"text\" or \"pcap\""));
  recording_.ask([this, format, done](const Recording* recording) {
    if (recording == nullptr) return fail_for_silence(done);
    done(to_line(format == "text" ? recorder_text_json(*recording)
                                  : recorder_pcap_json(*recording)));
  });
}

void ControlVerbs::log_level(const json& request, const Done& done) {
  using log::Level;
  static constexpr std::array kLevels{
      std::pair{"debug", Level::debug}, std::pair{"info", Level::info},
      std::pair{"warn", Level::warn}, std::pair{"error", Level::error}};
  const auto name_of = [](Level level) {
    return std::find_if(kLevels.begin(), kLevels.end(),
                        [&](const auto& row) { return row.second == level; })
        ->first;
  };
  const char* const was = name_of(log::level());
  const std::string wanted = text(request, "level", was);
  const auto found = std::find_if(kLevels.begin(), kLevels.end(),
                                  [&](const auto& row) { return row.first == wanted; });
  if (found == kLevels.end())
    return done(error_line("\"level\" must be debug, info, warn or error"));
  log::set_level(found->second);
  done(to_line({{"level", wanted}, {"was", was}}));
}

void ControlVerbs::reload(const json&, const Done& done) {
  // Not shared with a reload under way: that one may have read the file before its last change.
  if (reload_.is_open()) return done(error_line("a reload is under way; try again"));
  reload_.ask([done](const std::vector<std::string>* problems) {
    if (problems == nullptr) return done(error_line("the reload has not ended in time"));
    if (problems->empty()) return done(to_line({{"result", "ok"}}));
    done(to_line({{"error", "the old configuration stays in force"}, {"problems", *problems}}));
  });
}

void ControlVerbs::version(const json&, const Done& done) {
  done(to_line({{"version", SLUICE_VERSION}}));
}

void ControlVerbs::with_snapshot(std::function<json(const EngineSnapshot&)> show,
                                 const Done& done) {
  snapshot_.ask([this, show = std::move(show), done](const EngineSnapshot* snapshot) {
    if (snapshot == nullptr) return fail_for_silence(done);
    done(to_line(show(*snapshot)));
  });
}

template <typename Answer>
void ControlVerbs::ask_engine(Ask<Answer> put, std::function<void(const Answer&)> use,
                              const Done& done) {
  const auto inquiry =
      std::make_shared<Inquiry<Answer>>(loop_, std::move(put), sources_.patience.snapshot);
  const std::uint64_t id = ++last_asked_;
  asked_.emplace(id, inquiry);
  inquiry->ask([this, id, use = std::move(use), done](const Answer* answer) {
    const auto open = asked_.extract(id);  // lives until the reply has been given
    if (answer == nullptr) return fail_for_silence(done);
    use(*answer);
  });
}

void ControlVerbs::fail_for_silence(const Done& done) {
  sources_.counters->add(AdminMetric::engine_silent);
  done(error_line(kEngineSilent));
}

}  // namespace sluice::net
