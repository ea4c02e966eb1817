#include "tests/lab/zone_behaviour.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace sluice::lab {

namespace {

using namespace std::string_literals;

constexpr std::array<std::pair<std::string_view, Behaviour>, 13> kBehaviours{{
    {"answer", Behaviour::answer},
    {"servfail", Behaviour::servfail},
    {"refused", Behaviour::refused},
    {"nxdomain", Behaviour::nxdomain},
    {"nodata", Behaviour::nodata},
    {"silent", Behaviour::silent},
    {"tc", Behaviour::tc},
    {"large", Behaviour::large},
    {"wrongid", Behaviour::wrongid},
    {"wrongquestion", Behaviour::wrongquestion},
    {"formerr", Behaviour::formerr},
    {"malformed", Behaviour::malformed},
    {"cname", Behaviour::cname},
}};

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_share(std::string_view text) {
  const auto share = parse_decimal(text);
  if (!share || !(*share >= 0 && *share <= 1)) return std::nullopt;
  return share;
}

std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  // RFC 2181 section 8: a TTL has 31 bits.
  if (ec != std::errc{} || end != text.data() + text.size() || value > 0x7fffffff)
    return std::nullopt;
  return value;
}

template <typename T>
bool assign(T& member, const std::optional<T>& value) {
  if (value) member = *value;
  return value.has_value();
}

bool apply(ZoneBehaviour& zone, std::string_view key, std::string_view value) {
  if (key == "delay") return assign(zone.delay, parse_duration(value));
  if (key == "jitter") return assign(zone.jitter, parse_duration(value));
  if (key == "fail") return assign(zone.fail, parse_share(value));
  if (key == "loss") return assign(zone.loss, parse_share(value));
  if (key == "ttl") return assign(zone.ttl_seconds, parse_ttl(value));
  return false;
}

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return head;
}

}  // namespace

std::string_view to_string(Behaviour behaviour) noexcept {
  for (const auto& [text, value] : kBehaviours)
    if (value == behaviour) return text;
  return "unknown";
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 3> kUnits{
      {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  constexpr double kMaxNs = 3600e9;
  for (const auto& [unit, unit_ns] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_decimal(text.substr(0, text.size() - unit.size()));
    if (!number || !(*number >= 0 && *number * unit_ns <= kMaxNs)) return std::nullopt;
    return Duration{std::llround(*number * unit_ns)};
  }
  return std::nullopt;
}

Result<ZoneBehaviour, std::string> parse_zone(std::string_view text) {
  std::string_view rest = text;
  const std::string_view suffix = take_until(rest, '=');
  const std::string_view behaviour = take_until(rest, ',');
  const auto name = suffix.empty() ? std::nullopt : dns::parse_name(suffix);
  if (!name) return "'"s.append(suffix).append("' is not a domain name");

  ZoneBehaviour zone{.suffix = *name};
  const auto* const known =
      std::find_if(kBehaviours.begin(), kBehaviours.end(),
                   [behaviour](const auto& entry) { return entry.first == behaviour; });
  if (known == kBehaviours.end()) return "'"s.append(behaviour).append("' is not a behaviour");
  zone.behaviour = known->second;

  while (!rest.empty()) {
    std::string_view value = take_until(rest, ',');
    const std::string setting{value};
    const std::string_view key = take_until(value, '=');
    if (!apply(zone, key, value)) return "'" + setting + "' is not a setting";
  }
  return zone;
}

std::optional<std::size_t> find_zone(std::span<const ZoneBehaviour> zones,
                                     const dns::Name& name) noexcept {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const dns::Name& suffix = zones[i].suffix;
    if (best && suffix.size() <= zones[*best].suffix.size()) continue;
    if (name.is_at_or_below(suffix)) best = i;
  }
  return best;
}

std::vector<ZoneBehaviour> default_zones() {
  std::vector<ZoneBehaviour> zones;
  const auto add = [&zones](const std::string& text) {
    const auto zone = parse_zone(text);
    SLUICE_ASSERT(zone.has_value());
    zones.push_back(zone.value());
  };
  add(".=answer,delay=2ms");
  add("104.in-addr.arpa=servfail,delay=1s,jitter=2s");
  for (const auto& [text, behaviour] : kBehaviours)
    if (behaviour != Behaviour::answer)
      add(std::string{text} + ".example=" + std::string{text} + ",delay=2ms");
  return zones;
}

}  // namespace sluice::lab
