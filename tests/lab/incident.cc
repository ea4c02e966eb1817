// incident: replays a reverse look-up storm beside ordinary look-ups against one DNS server.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "tests/lab/incident_report.h"
#include "tests/lab/pace.h"
#include "tests/lab/stub_crowd.h"
#include "tests/lab/zone_behaviour.h"

namespace {

using namespace sluice;
using boost::system::error_code;

constexpr std::size_t kMaxRecorded = 1 << 22;

const std::map<std::string, lab::StormNames> kStormNames{{"ptr", lab::StormNames::ptr},
                                                         {"broken", lab::StormNames::broken},
                                                         {"bulk", lab::StormNames::bulk}};

struct Settings {
  std::string server = "127.0.0.1:5353";
  std::uint32_t ptr_rate = 3'000;
  std::uint32_t ordinary_rate = 100;
  std::string duration_text = "30s";
  std::string drain_text = "10s";
  std::vector<std::string> ptr_from;
  std::vector<std::string> ordinary_from;
  std::string storm_names = "ptr";
  std::string storm_habit = "job";
  std::optional<std::uint32_t> tries;
  std::string json;
  std::string record;
  std::string vpcsim_json;
  std::string report;
  Duration duration{};
  Duration drain{};
  lab::StubCrowd::Options crowd;
};

Duration duration_option(const char* option, const std::string& text) {
  const auto duration = lab::parse_duration(text);
  if (!duration) throw CLI::ValidationError(option, "no duration: " + text);
  return *duration;
}

std::vector<Address> addresses_option(const char* option, const std::vector<std::string>& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    const auto address = Address::parse(text);
    if (!address) throw CLI::ValidationError(option, "no address: " + text);
    addresses.push_back(*address);
  }
  return addresses;
}

/// Throws CLI::ValidationError on a value that does not parse.
void resolve(Settings& settings) {
  const auto server = Endpoint::parse(settings.server, dns::kPort);
  if (!server) throw CLI::ValidationError("--server", "no address: " + settings.server);
  settings.crowd.server = *server;
  settings.duration = duration_option("--duration", settings.duration_text);
  settings.drain = duration_option("--drain", settings.drain_text);
  settings.crowd.from = {addresses_option("--ordinary-from", settings.ordinary_from),
                         addresses_option("--ptr-from", settings.ptr_from)};
  settings.crowd.workload.storm_names = kStormNames.at(settings.storm_names);
  lab::Habit& storm_habit = settings.crowd.habits[static_cast<std::size_t>(lab::LookupKind::ptr)];
  if (settings.storm_habit == "repeater") storm_habit = lab::kRepeater;
  if (settings.tries) storm_habit.tries = *settings.tries;
  if (!settings.record.empty()) settings.crowd.max_recorded = kMaxRecorded;
}

/// Every socket of the pool needs a descriptor; more than the hard limit cannot be had.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Keeps both streams of look-ups going in steps of 1 ms: ordinary ones for the duration, the storm
/// until the last of these is decided, so that none gets away in the calm after it. Then lets the
/// storm's open look-ups end.
class Replay {
 public:
  Replay(boost::asio::io_context& io, const Settings& settings)
      : io_{io},
        settings_{settings},
        crowd_{io, settings.crowd},
        ptr_pace_{settings.ptr_rate},
        ordinary_pace_{settings.ordinary_rate},
        timer_{io},
        start_{Clock::now()},
        next_step_{start_} {
    step();
  }

  [[nodiscard]] nlohmann::json result() {
    lab::Tally& ptr = crowd_.tally(lab::LookupKind::ptr);
    return {{"server", settings_.server},
            {"seconds", std::chrono::duration<double>{settings_.duration}.count()},
            {"seed", settings_.crowd.workload.seed},
            {"ptr_rate", settings_.ptr_rate},
            {"ordinary_rate", settings_.ordinary_rate},
            {"ptr_distinct", settings_.crowd.workload.distinct_ptr_names(ptr_number_)},
            {"sockets", crowd_.socket_count()},
            {"send_errors", crowd_.send_errors()},
            {"unrecorded", settings_.record.empty() ? 0 : crowd_.record().unrecorded()},
            {"unexpected_replies", crowd_.unexpected_replies()},
            {"ordinary", lab::to_json(crowd_.tally(lab::LookupKind::ordinary))},
            {"ptr", lab::to_json(ptr)}};
  }

  /// Every look-up, those that the end of the run cut short included.
  [[nodiscard]] const lab::LookupRecord& record() {
    crowd_.record_unfinished(Clock::now());
    return crowd_.record();
  }

 private:
  void step() {
    const TimePoint now = Clock::now();
    const Duration elapsed = now - start_;
    crowd_.on_time(now);
    for (std::uint64_t n = ordinary_pace_.take_due(std::min(elapsed, settings_.duration)); n > 0;
         --n)
      crowd_.ask(lab::LookupKind::ordinary, ordinary_number_++, now);

    const Duration verdict = settings_.duration + lab::kGlibc.patience;
    const bool is_decided =
        elapsed >= verdict ||
        (elapsed >= settings_.duration && crowd_.unfinished(lab::LookupKind::ordinary) == 0);
    if (is_decided && decided_at_ == Duration::zero()) decided_at_ = elapsed;
    if (!is_decided)
      for (std::uint64_t n = ptr_pace_.take_due(elapsed); n > 0; --n)
        crowd_.ask(lab::LookupKind::ptr, ptr_number_++, now);
    if (is_decided &&
        (crowd_.unfinished(lab::LookupKind::ptr) == 0 || elapsed >= decided_at_ + settings_.drain))
      return io_.stop();

    // A step that comes late is made up for at once by Pace, not by more steps.
    next_step_ = std::max(next_step_ + 1ms, now);
    timer_.expires_at(next_step_);
    timer_.async_wait([this](error_code ec) {
      if (!ec) step();
    });
  }

  boost::asio::io_context& io_;
  const Settings& settings_;
  lab::StubCrowd crowd_;
  lab::Pace ptr_pace_;
  lab::Pace ordinary_pace_;
  boost::asio::steady_timer timer_;
  TimePoint start_;
  TimePoint next_step_;
  Duration decided_at_{0};
  std::uint64_t ptr_number_ = 0;
  std::uint64_t ordinary_number_ = 0;
};

nlohmann::json read_json(const std::string& path) {
  if (path.empty()) return nullptr;
  std::ifstream in{path};
  if (!in) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(in);
}

nlohmann::json replay(const Settings& settings) {
  raise_descriptor_limit();
  boost::asio::io_context io{1};
  Replay storm{io, settings};
  boost::asio::signal_set stop{io, SIGINT, SIGTERM};
  stop.async_wait([&io](error_code, int) { io.stop(); });
  io.run();
  if (!settings.record.empty()) {
    std::ofstream out{settings.record};
    storm.record().write_csv(out);
    if (!out.flush()) throw std::runtime_error("cannot write " + settings.record);
  }
  return storm.result();
}

int run(const Settings& settings) {
  const nlohmann::json result =
      settings.report.empty() ? replay(settings) : read_json(settings.report);
  std::cout << lab::incident_table(result, read_json(settings.vpcsim_json)) << std::flush;
  if (settings.json.empty()) return 0;
  std::ofstream out{settings.json};
  out << result.dump(2) << '\n';
  if (out.flush().good()) return 0;
  std::cerr << "incident: cannot write " << settings.json << '\n';
  return 1;
}

void add_options(CLI::App& app, Settings& settings) {
  lab::Workload& workload = settings.crowd.workload;
  app.add_option("--server", settings.server, "ADDR:PORT to ask")->capture_default_str();
  app.add_option("--ptr-rate", settings.ptr_rate, "look-ups of the storm begun per second")
      ->capture_default_str();
  app.add_option("--ordinary-rate", settings.ordinary_rate, "ordinary look-ups begun per second")
      ->capture_default_str();
  app.add_option("--storm-names", settings.storm_names,
                 "ptr: addresses; broken: *.broken.example; bulk: the zone of the ordinary names")
      ->check(CLI::IsMember(kStormNames))
      ->capture_default_str();
  app.add_option("--storm-habit", settings.storm_habit,
                 "job: asks again after a failure; repeater: the same packet every 400 ms")
      ->check(CLI::IsMember({"job", "repeater"}))
      ->capture_default_str();
  app.add_option("--names", workload.ptr_names, "distinct names of the storm")
      ->check(CLI::Range(std::uint64_t{1}, lab::kPtrNames))
      ->capture_default_str();
  app.add_option("--ordinary-names", workload.ordinary_names,
                 "distinct ordinary names, 0 = each is new")
      ->capture_default_str();
  app.add_option("--tries", settings.tries, "of the storm for each name (5)")
      ->check(CLI::Range(1, 100));
  app.add_flag("--edns", workload.has_edns, "ask with EDNS, so that failures say why (RFC 8914)");
  app.add_option("--duration", settings.duration_text, "of the ordinary look-ups")
      ->capture_default_str();
  app.add_option("--drain", settings.drain_text,
                 "then wait for the storm's look-ups at most this long")
      ->capture_default_str();
  app.add_option("--seed", workload.seed, "of names and IDs")->capture_default_str();
  app.add_option("--sockets", settings.crowd.sockets, "client ports for each kind of look-up")
      ->check(CLI::Range(1, 14'000))
      ->capture_default_str();
  app.add_option("--ptr-from", settings.ptr_from, "source addresses of the storm, in turn")
      ->delimiter(',');
  app.add_option("--ordinary-from", settings.ordinary_from,
                 "source addresses of the ordinary ones, in turn")
      ->delimiter(',');
  app.add_option("--json", settings.json, "write the result to this file, too");
  app.add_option("--record", settings.record, "at the end write every look-up to this CSV file");
  app.add_option("--vpcsim-json", settings.vpcsim_json,
                 "vpcsim's --json file: show what reached the upstream");
  app.add_option("--report", settings.report,
                 "ask nothing: show the result in this file of an earlier --json");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A storm of reverse look-ups beside ordinary ones, and what becomes of these."};
  Settings settings;
  add_options(app, settings);
  try {
    app.parse(argc, argv);
    resolve(settings);
    return run(settings);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "incident: " << error.what() << '\n';
    return 1;
  }
}
