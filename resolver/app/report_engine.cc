#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxQuestion = 28;
constexpr std::size_t kMaxServer = 24;
constexpr std::size_t kMaxClient = 24;

// Questions in flight are asked, or they wait in a class of the queue.
std::string state(const json& request) {
  const std::string state = text(request, "state");
  const std::string queue = text(request, "class");
  return queue == kUnknown || state != "waiting" ? state : state + ", " + queue;
}

std::string client(const json& request) {
  const char* const key = text(request, "spender") == kUnknown ? "client" : "spender";
  return head(request, key, kMaxClient);
}

// The verdict of a server that is well is not worth a column's width.
std::string ailments(const json& server) {
  const std::string which = name(server, "server") + " for " + name(server, "zone");
  std::string out;
  const std::string verdict = text(server, "verdict");
  if (verdict != kUnknown && verdict != "healthy") out += verdict + ": " + which + "\n";
  if (is_true(server, "silent")) out += "silent: " + which + ", asked by probes only\n";
  if (number(server, "failed") > 0)
    out += "refused: " + which + ", " + count(server, "failed") +
           " tries by the network or with a malformed response\n";
  if (number(server, "mismatched") > 0)
    out += "mismatched: " + which + ", " + count(server, "mismatched") +
           " datagrams that answered no query of ours\n";
  if (is_true(server, "looping")) out += "loop: " + which + " sends our questions back to us\n";
  return out;
}

}  // namespace

std::string zones_report(const json& reply) {
  Table table{{"<zone", "queries", "questions", "packets", "ampl.", "retries", "servfail", "queue",
               "most", "oldest ms"}};
  for (const json& zone : reply) {
    const bool has_questions = number(zone, "questions") > 0;
    table.add({name(zone, "zone"), count(zone, "queries"), count(zone, "questions"),
               count(zone, "packets"),
               has_questions ? fixed(number(zone, "amplification"), 2) : kUnknown,
               count(zone, "retries"), count(zone, "servfail"), count(zone, "queue_depth"),
               count(zone, "queue_depth_max"), ms(zone, "queue_oldest_ms")});
  }
  std::string out = table.to_string("no zones");
  for (const json& zone : reply)
    for (const json& subtree : rows(zone, "failing"))
      if (subtree.is_string())
        out += "fails: " + printable(subtree.get_ref<const std::string&>()) +
               ", asked after the others\n";
  return out;
}

std::string upstreams_report(const json& servers) {
  Table table{{"<upstream", "<server", "<zone", "rtt ms", "rto ms", "sent", "again", "ok", "late",
               "lost", "open"}};
  for (const json& server : servers)
    table.add({head(server, "upstream", kMaxServer), name(server, "server", kMaxServer),
               name(server, "zone", kMaxServer), ms(server, "srtt_ms"), ms(server, "timeout_ms"),
               count(server, "sent"), count(server, "retries"), count(server, "answered"),
               count(server, "late"), count(server, "timeouts"), count(server, "in_flight")});
  std::string out = table.to_string("no upstreams");
  for (const json& server : servers) out += ailments(server);
  return out;
}

std::string budget_report(const json& budget) {
  std::vector<std::pair<std::string, std::string>> lines{
      {"budget", text(budget, "budget") + " (interface " + text(budget, "interfaces") + ")"},
      {"limit", count(budget, "limit") + " packets/s"},
      {"rate", count(budget, "rate") + " packets/s, bursts of " + count(budget, "burst") +
                   ", reserve of " + count(budget, "reserve")},
      {"last second", count(budget, "used") + " packets by all who share it"},
      {"available", count(budget, "available") + " packets"},
      {"sent", count(budget, "packets") + " packets, " + count(budget, "packets_by_all") +
                   " by all who share it"},
      {"others", count(budget, "foreign") + " packets of other programs, as far as we count them"},
      {"dropped", count(budget, "dropped") + " packets, by the interface's own count"},
      {"waits", count(budget, "waits") + " questions had to wait, " + count(budget, "sheds") +
                    " got no packet"},
      {"queue", count(budget, "queue_depth") + " waiting, the oldest for " +
                    ms(budget, "queue_oldest_ms") + " ms"},
      {"file",
       text(budget, "file") == kUnknown ? "none: private to this process" : text(budget, "file")},
  };
  if (number(budget, "resets") > 0)
    lines.emplace_back("resets", count(budget, "resets") + ", another sharer misbehaves");
  if (text(budget, "problem") != kUnknown) lines.emplace_back("PROBLEM", text(budget, "problem"));
  return facts(lines);
}

std::string budgets_report(const json& reply) {
  std::string out;
  for (const json& budget : reply) out += (out.empty() ? "" : "\n") + budget_report(budget);
  return out.empty() ? "no budgets: upstreams are not limited\n" : out;
}

std::string requests_table(const json& requests) {
  Table table{{"<question", "<type", "<state", "age ms", "left ms", "tries", "waiters", "<client"}};
  for (const json& request : requests)
    table.add({name(request, "name", kMaxQuestion), text(request, "type"), state(request),
               ms(request, "age_ms"), ms(request, "time_left_ms"), count(request, "tries"),
               count(request, "waiters"), client(request)});
  return table.to_string("nothing in flight");
}

std::string requests_report(const json& reply) {
  return requests_table(rows(reply, "requests")) +
         (is_true(reply, "cut") ? "... and more, younger ones\n" : "");
}

}  // namespace sluice::app
