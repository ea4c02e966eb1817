#include "tests/lab/incident_report.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "resolver/dns/presentation.h"

namespace sluice::lab {

namespace {

using nlohmann::json;

double milliseconds(Duration duration) {
  // Whole microseconds: more digits would only pretend.
  return static_cast<double>(duration / 1us) / 1000;
}

json latencies(Latencies& values) {
  return {{"p50", milliseconds(values.percentile(50))},
          {"p90", milliseconds(values.percentile(90))},
          {"p99", milliseconds(values.percentile(99))},
          {"max", milliseconds(values.percentile(100))}};
}

std::uint64_t count(const json& object, const char* key) {
  return object.at(key).get<std::uint64_t>();
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::ostream& row(std::ostream& out, std::string_view title) {
  return out << std::left << std::setw(26) << title << std::right;
}

void write_latencies(std::ostream& out, const json& values) {
  out << "p50 " << values.at("p50").get<double>() << "  p90 " << values.at("p90").get<double>()
      << "  p99 " << values.at("p99").get<double>() << "  max " << values.at("max").get<double>()
      << " ms\n";
}

void write_ordinary(std::ostream& out, const json& run) {
  const json& ordinary = run.at("ordinary");
  row(out, "ordinary look-ups") << count(ordinary, "asked") << " asked, "
                                << count(ordinary, "answered") << " answered, "
                                << count(ordinary, "lost") << " LOST ("
                                << percent(count(ordinary, "lost"), count(ordinary, "asked"))
                                << " %)\n";
  if (count(ordinary, "lost") != 0)
    row(out, "  lost because") << count(ordinary, "failed") << " failed, "
                               << count(ordinary, "late") << " answered after 5 s, "
                               << count(ordinary, "silent") + count(ordinary, "unfinished")
                               << " without any answer\n";
  row(out, "  latency of answers");
  write_latencies(out, ordinary.at("answer_ms"));
}

void write_ptr(std::ostream& out, const json& run) {
  const json& ptr = run.at("ptr");
  row(out, "PTR look-ups") << count(ptr, "asked") << " asked for " << count(run, "ptr_distinct")
                           << " names in " << count(ptr, "packets") << " packets, "
                           << count(ptr, "answered") << " answered, " << count(ptr, "timeouts")
                           << " time-outs\n";
  row(out, "  replies");
  for (const auto& [rcode, replies] : ptr.at("replies").items())
    out << rcode << " " << replies << "  ";
  out << "\n";
  row(out, "  latency of replies");
  write_latencies(out, ptr.at("reply_ms"));
}

void write_upstream(std::ostream& out, const json& upstream) {
  const json& worst = upstream.at("worst");
  row(out, "packets to the upstream")
      << count(upstream, "packets") << " sent, " << count(upstream, "dropped")
      << " dropped at the limit of " << count(upstream, "limit") << "/s\n";
  row(out, "  most in any 1 s") << count(worst, "1s") << " (100 ms: " << count(worst, "100ms")
                                << ", 10 ms: " << count(worst, "10ms")
                                << ", 1 ms: " << count(worst, "1ms") << ")\n";
  row(out, "  for each question") << upstream.at("packets_per_question").get<double>()
                                  << " packets\n";
  for (const json& zone : upstream.at("zones"))
    row(out, "    " + zone.at("zone").get<std::string>())
        << count(zone, "packets") << " packets for " << count(zone, "distinct_questions")
        << " questions (" << zone.at("packets_per_question").get<double>() << "), "
        << count(zone, "dropped") << " dropped\n";
  if (count(upstream, "receive_overflows") != 0 || count(upstream, "unrecorded") != 0)
    out << "INVALID RUN: this host was too slow for the emulated upstream\n";
}

}  // namespace

json to_json(Tally& tally) {
  json replies = json::object();
  for (std::size_t rcode = 0; rcode < tally.replies_by_rcode.size(); ++rcode)
    if (tally.replies_by_rcode[rcode] != 0)
      replies[dns::to_string(static_cast<dns::Rcode>(rcode))] = tally.replies_by_rcode[rcode];
  const std::uint64_t finished = tally.answered + tally.failed + tally.silent + tally.late;
  return {{"asked", tally.asked},
          {"answered", tally.answered},
          {"lost", tally.asked - tally.answered},
          {"failed", tally.failed},
          {"silent", tally.silent},
          {"late", tally.late},
          {"unfinished", tally.asked - finished},
          {"skipped", tally.skipped},
          {"packets", tally.packets},
          {"timeouts", tally.timeouts},
          {"replies", std::move(replies)},
          {"answer_ms", latencies(tally.answer_latency)},
          {"reply_ms", latencies(tally.reply_latency)}};
}

std::string incident_table(const json& run, const json& upstream) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  out << "incident replay against " << run.at("server").get<std::string>() << ": "
      << count(run, "ptr_rate") << " PTR/s and " << count(run, "ordinary_rate")
      << " ordinary look-ups/s for " << run.at("seconds").get<double>() << " s, seed "
      << count(run, "seed") << "\n";
  write_ordinary(out, run);
  write_ptr(out, run);
  if (!upstream.is_null()) write_upstream(out, upstream);
  const std::uint64_t skipped =
      count(run.at("ordinary"), "skipped") + count(run.at("ptr"), "skipped");
  if (skipped != 0 || count(run, "send_errors") != 0)
    out << "INVALID RUN: " << skipped << " look-ups skipped, " << count(run, "send_errors")
        << " packets not sent\n";
  return out.str();
}

}  // namespace sluice::lab
