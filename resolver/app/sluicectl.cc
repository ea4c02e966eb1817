#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "resolver/app/control_client.h"
#include "resolver/app/report.h"

namespace {

using nlohmann::json;

constexpr int kFailed = 1;  // no daemon, no permission, or the daemon says no
constexpr int kWrongUse = 2;

struct Verb {
  const char* name;
  const char* help;
};

constexpr std::array kVerbs{
    Verb{"status", "What the daemon is and how full it is"},
    Verb{"stats", "Every counter"},
    Verb{"zones", "Zone rules: queries, packets sent for them, retries, failures, queue"},
    Verb{"upstreams", "Upstream servers: round-trip times, time-outs, failures"},
    Verb{"budget", "The packet budget of each interface: limit, use, who waits"},
    Verb{"requests", "Questions in flight now, the oldest first"},
    Verb{"reload", "Read the configuration again"},
    Verb{"version", "The daemon's version"},
};

struct Settings {
  std::string socket = "/run/sluice/control.sock";
  bool as_json = false;
  std::string verb;
};

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  names.reserve(std::size(kVerbs));
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  return names;
}

std::string verbs_help() {
  std::string text = "Verbs:\n";
  for (const Verb& verb : kVerbs) {
    std::string name = verb.name;
    name.resize(12, ' ');
    text += "  " + name + verb.help + "\n";
  }
  return text + "Exit status: 0 done, 1 the daemon is not there or says no, 2 wrong use.";
}

int fail(const std::string& reason) {
  std::fprintf(stderr, "sluicectl: %s\n", sluice::app::printable(reason).c_str());
  return kFailed;
}

int run(const Settings& settings) {
  const auto line = sluice::app::ask_daemon(settings.socket, json{{"verb", settings.verb}}.dump());
  if (!line) return fail(line.error().reason);
  const json reply = json::parse(line.value(), nullptr, false);
  if (reply.is_discarded()) return fail("the daemon's answer is no JSON");

  const bool is_error = reply.is_object() && reply.contains("error");
  const std::string text =
      settings.as_json ? reply.dump(2) + "\n" : sluice::app::report(settings.verb, reply);
  if (is_error && !settings.as_json) std::fputs("sluicectl: ", stderr);
  std::fputs(text.c_str(), is_error && !settings.as_json ? stderr : stdout);
  return is_error ? kFailed : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Asks a running sluiced what it does.", "sluicectl"};
  app.set_version_flag("--version", SLUICE_VERSION);
  app.add_option("--socket", settings.socket, "The daemon's control socket")->capture_default_str();
  app.add_flag("--json", settings.as_json, "Print JSON, for programs");
  app.add_option("VERB", settings.verb, "What to ask, see below")
      ->required()
      ->check(CLI::IsMember(verb_names()));
  app.footer(verbs_help());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  }
  return run(settings);
}
