#include "resolver/net/control_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "resolver/dns/presentation.h"

namespace sluice::net {

namespace {

using nlohmann::json;

double to_ms(Duration duration) {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

// An endpoint that is not known yet has port 0.
json to_json(const Endpoint& endpoint) {
  if (endpoint.port == 0) return nullptr;
  return endpoint.to_string();
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
          {"queue_oldest_ms", to_ms(zone.queue_oldest)},
          {"silent", zone.is_silent},
          {"failing", zone.failing}};
}

json to_json(const EngineSnapshot::Server& server) {
  return {{"upstream", server.upstream},
          {"server", server.address.to_string()},
          {"zone", server.zone},
          {"srtt_ms", to_ms(server.srtt)},
          {"timeout_ms", to_ms(server.timeout)},
          {"sent", server.sent},
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
          {"waits", budget.waits},
          {"resets", budget.resets},
          {"queue_depth", budget.queue_depth},
          {"queue_oldest_ms", to_ms(budget.queue_oldest)}};
}

json to_json(const EngineSnapshot::Request& request) {
  return {{"name", dns::to_string(request.question.name)},
          {"type", dns::to_string(request.question.type)},
          {"class", dns::to_string(request.question.klass)},
          {"zone", request.zone},
          {"upstream", request.upstream},
          {"server", to_json(request.server)},
          {"state", request.state},
          {"age_ms", to_ms(request.age)},
          {"time_left_ms", to_ms(request.time_left)},
          {"tries", request.tries},
          {"waiters", request.waiters},
          {"client", to_json(request.client)}};
}

template <typename Rows>
json list(const Rows& rows) {
  json out = json::array();
  for (const auto& row : rows) out.push_back(to_json(row));
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

}  // namespace

json zones_json(const EngineSnapshot& snapshot) { return list(snapshot.zones); }
json upstreams_json(const EngineSnapshot& snapshot) { return list(snapshot.servers); }
json budgets_json(const EngineSnapshot& snapshot) { return list(snapshot.budgets); }

json requests_json(const EngineSnapshot& snapshot) {
  return {{"requests", list(snapshot.requests)}, {"cut", snapshot.requests_cut}};
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
      out[series_name(family.name + "_sum", sample)] =
          std::chrono::duration<double>{sample.durations.sum}.count();
    }
  return out;
}

}  // namespace sluice::net
