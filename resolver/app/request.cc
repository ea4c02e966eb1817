#include "resolver/app/request.h"

#include <fnmatch.h>

#include <nlohmann/json.hpp>

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr std::string_view kCachePrefix = "cache ";

json matching(const json& stats, const std::string& pattern) {
  const std::string anywhere = "*" + pattern + "*";
  json kept = json::object();
  for (const auto& [series, value] : stats.items())
    if (fnmatch(anywhere.c_str(), series.c_str(), 0) == 0) kept[series] = value;
  return kept;
}

}  // namespace

json request_for(const Command& command) {
  const std::string_view verb = command.verb->name;
  if (verb.starts_with(kCachePrefix)) {
    json request{{"verb", "cache"}, {"action", verb.substr(kCachePrefix.size())}};
    if (const std::string name = command.value("NAME"); !name.empty()) request["name"] = name;
    return request;
  }
  if (verb == "explain")
    return {{"verb", verb}, {"name", command.value("NAME")}, {"type", command.value("TYPE")}};
  if (verb == "top") return {{"verb", verb}, {"window", command.value("--window")}};
  if (verb == "recorder")
    return {{"verb", verb}, {"format", command.value("--pcap").empty() ? "text" : "pcap"}};
  if (verb == "watch") return {{"verb", "overview"}};
  json request{{"verb", verb}};
  if (const std::string level = command.value("LEVEL"); !level.empty()) request["level"] = level;
  return request;
}

json wanted_part(const Command& command, json reply) {
  if (!reply.is_object() || reply.contains("error")) return reply;
  if (const std::string pattern = command.value("PATTERN"); !pattern.empty())
    return matching(reply, pattern);
  const auto spenders = reply.find("spenders");
  if (command.verb->name == "top" && spenders != reply.end() && spenders->is_array()) {
    const std::size_t most = std::stoul(command.value("--count"));
    while (spenders->size() > most) spenders->erase(spenders->size() - 1);
  }
  return reply;
}

}  // namespace sluice::app
