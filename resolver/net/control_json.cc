#include "resolver/net/control_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "resolver/dns/presentation.h"

namespace sluice::net {

namespace {

using nlohmann::json;

// An endpoint that is not known yet has port 0.
json endpoint_json(const Endpoint& endpoint) {
  if (endpoint.port == 0) return nullptr;
  return endpoint.to_string();
}

template <typename Rows>
json list(const Rows& rows) {
  json out = json::array();
  for (const auto& row : rows) out.push_back(net::to_json(row));
  return out;
}

std::string series_name(std::string name, const metrics::Sample& sample) {
  const char* before = "{";
  for (const auto& [label, value] : sample.labels) {
    name.append(before).append(label).append("=\"").append(value).append("\"");
    before = ",";
  }
  if (!sample.labels.empty()) name.append("}");
  return name;
}

json account_json(const EngineSnapshot::Account& row, std::uint64_t all, const Describe& describe) {
  const SpenderWords words = describe(row.spender);
  const double share =
      all == 0 ? 0 : static_cast<double>(row.spent.packets) / static_cast<double>(all);
  return {{"client", words.client},
          {"kind", to_string(words.kind)},
          {"detail", words.detail},
          {"uid", words.uid ? json(*words.uid) : json(nullptr)},
          {"zone", row.zone},
          {"suffix", row.suffix},
          {"type", dns::to_string(row.type)},
          {"packets", row.spent.packets},
          {"share", share},
          {"failures", row.spent.failures},
          {"waits", row.spent.waits},
          {"waited_ms", in_milliseconds(row.spent.waited)},
          {"overcount", row.overcount}};
}

}  // namespace

double in_seconds(Duration duration) noexcept {
  return std::chrono::duration<double>{duration}.count();
}

double in_milliseconds(Duration duration) noexcept {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

json to_json(const EngineSnapshot::Zone& zone) {
  return {{"zone", zone.name},
          {"upstream", zone.upstream},
          {"weight", zone.weight},
          {"queries", zone.queries},
          {"questions", zone.questions},
          {"coalesced", zone.coalesced},
          {"retransmits", zone.retransmits},
          {"failure_hits", zone.failure_hits},
          {"packets", zone.packets},
          {"amplification", zone.amplification},
          {"retries", zone.retries},
          {"servfail", zone.servfail},
          {"queue_depth", zone.queue_depth},
          {"queue_depth_max", zone.queue_depth_max},
          {"queue_oldest_ms", in_milliseconds(zone.queue_oldest)},
          {"silent", zone.is_silent},
          {"failing", zone.failing}};
}

json to_json(const EngineSnapshot::Server& server) {
  return {{"upstream", server.upstream},
          {"server", server.address.to_string()},
          {"zone", server.zone},
          {"srtt_ms", in_milliseconds(server.srtt)},
          {"timeout_ms", in_milliseconds(server.timeout)},
          {"verdict", policy::name_of(server.verdict)},
          {"sent", server.sent},
          {"retries", server.retries},
          {"late", server.late},
          {"mismatched", server.mismatched},
          {"answered", server.answered},
          {"timeouts", server.timeouts},
          {"failed", server.failed},
          {"in_flight", server.in_flight},
          {"tcp_open", server.tcp_open},
          {"silent", server.is_silent},
          {"looping", server.is_looping}};
}

json to_json(const EngineSnapshot::Budget& budget) {
  return {{"budget", budget.name},
          {"interfaces", budget.interfaces},
          {"file", budget.file},
          {"problem", budget.problem},
          {"limit", budget.limit},
          {"rate", budget.rate},
          {"burst", budget.burst},
          {"reserve", budget.reserve},
          {"available", budget.available},
          {"packets", budget.packets},
          {"packets_by_all", budget.packets_by_all},
          {"used", budget.used},
          {"foreign", budget.foreign},
          {"dropped", budget.dropped},
          {"waits", budget.waits},
          {"sheds", budget.sheds},
          {"resets", budget.resets},
          {"queue_depth", budget.queue_depth},
          {"queue_oldest_ms", in_milliseconds(budget.queue_oldest)}};
}

json to_json(const EngineSnapshot::Failing& failing) {
  return {{"suffix", failing.suffix},           {"zone", failing.zone},
          {"probability", failing.probability}, {"requests", failing.requests},
          {"failures", failing.failures},       {"age_ms", in_milliseconds(failing.age)}};
}

json to_json(const EngineSnapshot::Request& request, const Describe& describe) {
  const bool has_client = request.client.port != 0;
  const json spender = has_client ? json(describe(request.spender).client) : json(nullptr);
  return {{"name", dns::to_string(request.question.name)},
          {"type", dns::to_string(request.question.type)},
          {"dns_class", dns::to_string(request.question.klass)},
          {"class", request.band},
          {"spender", spender},
          {"waited_ms", in_milliseconds(request.waited)},
          {"zone", request.zone},
          {"upstream", request.upstream},
          {"server", endpoint_json(request.server)},
          {"state", request.state},
          {"age_ms", in_milliseconds(request.age)},
          {"time_left_ms", in_milliseconds(request.time_left)},
          {"tries", request.tries},
          {"waiters", request.waiters},
          {"client", endpoint_json(request.client)}};
}

json zones_json(const EngineSnapshot& snapshot) { return list(snapshot.zones); }
json upstreams_json(const EngineSnapshot& snapshot) { return list(snapshot.servers); }
json budgets_json(const EngineSnapshot& snapshot) { return list(snapshot.budgets); }

json failing_json(const EngineSnapshot& snapshot) { return list(snapshot.failing); }

json requests_json(const EngineSnapshot& snapshot, const Describe& describe) {
  json requests = json::array();
  for (const auto& request : snapshot.requests) requests.push_back(to_json(request, describe));
  return {{"requests", std::move(requests)}, {"cut", snapshot.requests_cut}};
}

json spenders_json(const EngineSnapshot::Top& top, std::size_t at_most, const Describe& describe) {
  json spenders = json::array();
  for (const auto& row : top.accounts) {
    if (spenders.size() == at_most) break;
    spenders.push_back(account_json(row, top.packets, describe));
  }
  return spenders;
}

json top_json(const EngineSnapshot& snapshot, policy::TopSpenders::Window window,
              const Describe& describe) {
  const bool is_minute = window == policy::TopSpenders::Window::minute;
  const EngineSnapshot::Top& top = is_minute ? snapshot.top_minute : snapshot.top_hour;
  return {{"window", is_minute ? "minute" : "hour"},
          {"seconds", in_seconds(top.covered)},
          {"packets", top.packets},
          {"spenders", spenders_json(top, EngineSnapshot::kMaxSpenders, describe)}};
}

json stats_json(const std::vector<metrics::Family>& families) {
  json out = json::object();
  for (const metrics::Family& family : families)
    for (const metrics::Sample& sample : family.samples) {
      if (family.kind != metrics::Kind::histogram) {
        out[series_name(family.name, sample)] = sample.value;
        continue;
      }
      out[series_name(family.name + "_count", sample)] = sample.value;
      out[series_name(family.name + "_sum", sample)] = in_seconds(sample.durations.sum);
    }
  return out;
}

}  // namespace sluice::net
