#include "tests/lab/arrival_summary.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_set>

#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"
#include "tests/lab/packet_window.h"

namespace sluice::lab {

namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::int64_t kSecondNs = 1'000 * kMillisecondNs;

double ratio(std::uint64_t packets, std::uint64_t questions) noexcept {
  return questions == 0 ? 0 : static_cast<double>(packets) / static_cast<double>(questions);
}

void count(const Arrival& arrival, ArrivalSummary& summary) {
  ++(arrival.transport == Transport::udp ? summary.udp_packets : summary.tcp_packets);
  if (arrival.fate == Fate::dropped) ++summary.dropped;
  if (arrival.fate == Fate::lost) ++summary.lost;
  if (arrival.zone >= summary.zones.size()) return;
  ArrivalSummary::ByZone& zone = summary.zones[arrival.zone];
  ++zone.packets;
  if (arrival.fate == Fate::dropped) ++zone.dropped;
}

void find_worst_windows(std::vector<std::int64_t> times_ns, ArrivalSummary& summary) {
  if (times_ns.empty()) return;
  std::sort(times_ns.begin(), times_ns.end());
  summary.worst_1ms = worst_window(times_ns, kMillisecondNs);
  summary.worst_10ms = worst_window(times_ns, 10 * kMillisecondNs);
  summary.worst_100ms = worst_window(times_ns, 100 * kMillisecondNs);
  summary.worst_1s = worst_window(times_ns, kSecondNs);
  summary.seconds = static_cast<double>(times_ns.back() - times_ns.front()) / 1e9;
}

nlohmann::json to_json(const SilenceSummary& silence) {
  return {{"from_ns", silence.window.from_ns},
          {"until_ns", silence.window.until_ns},
          {"packets", silence.packets},
          {"distinct_questions", silence.distinct_questions},
          {"mean_per_second", silence.mean_per_second()},
          {"worst_1s", silence.worst_1s}};
}

nlohmann::json to_json(const MessageSummary& messages) {
  return {{"queries", messages.queries},
          {"query_octets", messages.query_octets},
          {"reply_octets", messages.reply_octets},
          {"replies", messages.replies}};
}

}  // namespace

void MessageSummary::count_reply(std::span<const std::byte> message) {
  reply_octets += message.size();
  switch (static_cast<dns::Rcode>(dns::read_u16(message, 2) & dns::Header::kRcodeMask)) {
    case dns::Rcode::noerror:
      ++replies["NOERROR"];
      return;
    case dns::Rcode::nxdomain:
      ++replies["NXDOMAIN"];
      return;
    case dns::Rcode::servfail:
      ++replies["SERVFAIL"];
      return;
    case dns::Rcode::refused:
      ++replies["REFUSED"];
      return;
    default:
      ++replies["other"];
  }
}

double SilenceSummary::mean_per_second() const noexcept {
  if (window.is_empty()) return 0;
  return static_cast<double>(packets) /
         (static_cast<double>(window.until_ns - window.from_ns) / 1e9);
}

SilenceSummary summarise_silence(const ArrivalRecord& record, const TimeWindow& window) {
  SilenceSummary silence{.window = window};
  std::vector<std::int64_t> times_ns;
  std::unordered_set<std::uint32_t> questions;
  for (const Arrival& arrival : record.arrivals()) {
    if (!window.contains(arrival.at_ns)) continue;
    times_ns.push_back(arrival.at_ns);
    if (arrival.question != kNoQuestion) questions.insert(arrival.question);
  }
  std::sort(times_ns.begin(), times_ns.end());
  silence.packets = times_ns.size();
  silence.distinct_questions = questions.size();
  silence.worst_1s = worst_window(times_ns, kSecondNs);
  return silence;
}

double ArrivalSummary::packets_per_question() const noexcept {
  return ratio(packets, distinct_questions);
}

ArrivalSummary summarise(const ArrivalRecord& record, std::span<const ZoneBehaviour> zones) {
  ArrivalSummary summary;
  for (const ZoneBehaviour& zone : zones)
    summary.zones.push_back(
        {.zone = dns::to_string(zone.suffix), .behaviour = std::string{to_string(zone.behaviour)}});

  std::vector<std::int64_t> times_ns;
  times_ns.reserve(record.arrivals().size());
  for (const Arrival& arrival : record.arrivals()) {
    times_ns.push_back(arrival.at_ns);
    count(arrival, summary);
  }
  summary.packets = times_ns.size();
  find_worst_windows(std::move(times_ns), summary);

  summary.distinct_questions = record.question_count();
  for (std::uint32_t i = 0; i < record.question_count(); ++i)
    if (record.zone_of(i) < summary.zones.size())
      ++summary.zones[record.zone_of(i)].distinct_questions;
  std::erase_if(summary.zones, [](const auto& zone) { return zone.packets == 0; });
  summary.unrecorded = record.unrecorded();
  return summary;
}

nlohmann::json to_json(const ArrivalSummary& summary) {
  nlohmann::json silence;
  if (!summary.silence.window.is_empty()) silence = to_json(summary.silence);
  nlohmann::json zones = nlohmann::json::array();
  for (const auto& zone : summary.zones)
    zones.push_back({{"zone", zone.zone},
                     {"behaviour", zone.behaviour},
                     {"packets", zone.packets},
                     {"dropped", zone.dropped},
                     {"distinct_questions", zone.distinct_questions},
                     {"packets_per_question", ratio(zone.packets, zone.distinct_questions)}});
  return {{"limit", summary.limit},
          {"seconds", summary.seconds},
          {"packets", summary.packets},
          {"udp_packets", summary.udp_packets},
          {"tcp_packets", summary.tcp_packets},
          {"dropped", summary.dropped},
          {"lost", summary.lost},
          {"distinct_questions", summary.distinct_questions},
          {"packets_per_question", summary.packets_per_question()},
          {"worst",
           {{"1ms", summary.worst_1ms},
            {"10ms", summary.worst_10ms},
            {"100ms", summary.worst_100ms},
            {"1s", summary.worst_1s}}},
          {"unrecorded", summary.unrecorded},
          {"receive_overflows", summary.receive_overflows},
          {"silence", std::move(silence)},
          {"messages", to_json(summary.messages)},
          {"zones", std::move(zones)}};
}

std::string to_text(const ArrivalSummary& summary) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  out << "packets received      " << summary.packets << " in " << summary.seconds << " s (UDP "
      << summary.udp_packets << ", TCP segments " << summary.tcp_packets << ")\n"
      << "dropped at the limit  " << summary.dropped << " (limit " << summary.limit << "/s)\n"
      << "lost by settings      " << summary.lost << "\n"
      << "worst window          1 s: " << summary.worst_1s << ", 100 ms: " << summary.worst_100ms
      << ", 10 ms: " << summary.worst_10ms << ", 1 ms: " << summary.worst_1ms << "\n"
      << "distinct questions    " << summary.distinct_questions << ", "
      << summary.packets_per_question() << " packets for each\n";
  for (const auto& zone : summary.zones)
    out << "  " << std::left << std::setw(38) << zone.zone + " " + zone.behaviour << std::right
        << std::setw(8) << zone.packets << " packets, " << zone.dropped << " dropped, "
        << zone.distinct_questions << " questions, " << ratio(zone.packets, zone.distinct_questions)
        << " packets for each\n";
  if (!summary.silence.window.is_empty())
    out << "while it was silent   " << summary.silence.packets << " packets, "
        << summary.silence.mean_per_second() << " per second, at most " << summary.silence.worst_1s
        << " in any\n";
  if (summary.unrecorded != 0)
    out << "RECORD FULL: " << summary.unrecorded << " further packets are not in these numbers\n";
  if (summary.receive_overflows != 0)
    out << "INVALID RUN: this host lost " << summary.receive_overflows
        << " packets before they were read\n";
  return out.str();
}

}  // namespace sluice::lab
