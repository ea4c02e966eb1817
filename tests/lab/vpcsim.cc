// vpcsim: an emulated VPC resolver with a packet limit, for tests and demonstrations.
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/lab/vpc.h"

namespace {

using namespace sluice;
using boost::system::error_code;

struct Settings {
  std::string listen = "127.0.0.1:5300";
  std::vector<std::string> zones;
  std::string silent_from = "0s";
  std::string silent_for = "0s";
  std::string duration;
  std::string record;
  std::string json;
  lab::Vpc::Options vpc;
};

Duration duration_option(const char* option, const std::string& text) {
  const auto duration = lab::parse_duration(text);
  if (!duration) throw CLI::ValidationError(option, "no duration: " + text);
  return *duration;
}

/// Throws CLI::ValidationError on a value that does not parse.
void resolve(Settings& settings) {
  const auto endpoint = Endpoint::parse(settings.listen, 5300);
  if (!endpoint) throw CLI::ValidationError("--listen", "no address: " + settings.listen);
  settings.vpc.listen = *endpoint;
  settings.vpc.silent_from = duration_option("--silent-from", settings.silent_from);
  settings.vpc.silent_for = duration_option("--silent-for", settings.silent_for);
  if (!settings.duration.empty()) (void)duration_option("--duration", settings.duration);
}

void set_zones(lab::Vpc& vpc, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto zone = lab::parse_zone(text);
    if (!zone) throw CLI::ValidationError("--zone", zone.error());
    vpc.set_zone(zone.value());
  }
}

/// False if a file could not be written.
bool write_results(const lab::Vpc& vpc, const Settings& settings) {
  std::cout << to_text(vpc.summary()) << std::flush;
  bool is_written = true;
  if (!settings.json.empty()) {
    std::ofstream out{settings.json};
    out << lab::to_json(vpc.summary()).dump(2) << '\n';
    is_written = out.flush().good();
  }
  if (!settings.record.empty()) {
    std::ofstream out{settings.record};
    vpc.record().write_csv(out, vpc.zones());
    is_written = out.flush().good() && is_written;
  }
  if (!is_written) std::cerr << "vpcsim: cannot write the results\n";
  return is_written;
}

int run(const Settings& settings) {
  boost::asio::io_context io{1};
  lab::Vpc vpc{io, settings.vpc};
  set_zones(vpc, settings.zones);
  std::cout << "listening " << vpc.endpoint().to_string() << std::endl;

  boost::asio::signal_set stop{io, SIGINT, SIGTERM};
  stop.async_wait([&io](error_code, int) { io.stop(); });

  boost::asio::signal_set report{io, SIGUSR1};
  const auto wait_for_report = [&](const auto& again) -> void {
    report.async_wait([&](error_code ec, int) {
      if (ec) return;
      std::cout << to_text(vpc.summary()) << std::flush;
      again(again);
    });
  };
  wait_for_report(wait_for_report);

  boost::asio::steady_timer end{io};
  if (const auto duration = lab::parse_duration(settings.duration)) {
    end.expires_after(*duration);
    end.async_wait([&io](error_code) { io.stop(); });
  }
  io.run();
  return write_results(vpc, settings) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"An emulated VPC resolver with a packet limit."};
  Settings settings;
  app.add_option("--listen", settings.listen, "ADDR:PORT; port 0 picks one")->capture_default_str();
  app.add_option("--limit", settings.vpc.limit, "packets per second, 0 = no limit")
      ->capture_default_str();
  app.add_option("--zone", settings.zones,
                 "SUFFIX=BEHAVIOUR[,delay=2s][,jitter=1s][,fail=0.5][,loss=0.05][,ttl=60], "
                 "added to the built-in zones");
  app.add_option("--silent-from", settings.silent_from, "fall silent so long after the start ...");
  app.add_option("--silent-for", settings.silent_for, "... and answer nobody for so long");
  app.add_option("--seed", settings.vpc.seed, "of jitter and loss")->capture_default_str();
  app.add_option("--duration", settings.duration, "stop after this long, e.g. 30s");
  app.add_option("--record", settings.record, "at the end write every arrival to this CSV file");
  app.add_option("--max-arrivals", settings.vpc.max_arrivals, "packets to record at most")
      ->capture_default_str();
  app.add_option("--json", settings.json, "at the end write the summary to this file");
  try {
    app.parse(argc, argv);
    resolve(settings);
    return run(settings);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "vpcsim: " << error.what() << '\n';
    return 1;
  }
}
