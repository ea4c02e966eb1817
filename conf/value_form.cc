#include "conf/value_form.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "resolver/dns/presentation.h"

namespace sluice::conf::form {

namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxLabel = 32;

/// A unit of a size in bytes or of a duration in milliseconds.
struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array kSizeUnits{Unit{"B", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                                Unit{"GiB", 1 << 30}};
constexpr std::array kDurationUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                                    Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};

std::string in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

Reasons wrong_kind(std::string_view shape, const Value& value) {
  return {"must be " + std::string{shape} + ", not " + std::string{value.kind}};
}

Reasons wrong_text(std::string_view shape, std::string_view text) {
  return {"must be " + std::string{shape} + ", not " + in_quotes(text)};
}

std::string range(const std::string& min, const std::string& max) {
  return "must be " + min + " to " + max;
}

/// The product of a whole number and its unit; nullopt if the text is not that. What is too large
/// for the type becomes the type's largest value, which no bound admits.
std::optional<std::int64_t> measure(std::string_view text, std::span<const Unit> units) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc::invalid_argument || number < 0) return std::nullopt;
  const std::string_view name{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& known) { return known.name == name; });
  if (unit == units.end()) return std::nullopt;
  if (ec == std::errc::result_out_of_range || number > kMost / unit->factor) return kMost;
  return number * unit->factor;
}

/// The number with the largest unit that divides it.
std::string show_measure(std::int64_t number, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units)
    if (number != 0 && number % unit.factor == 0) best = &unit;
  return std::to_string(number / best->factor) + std::string{best->name};
}

std::optional<std::int64_t> read_duration(const Value& value, Bounds bounds, Reasons& reasons) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) {
    reasons = wrong_kind(Duration::kShape, value);
    return std::nullopt;
  }
  const auto count = measure(*text, kDurationUnits);
  if (!count) {
    reasons = wrong_text(Duration::kShape, *text);
    return std::nullopt;
  }
  if (*count < bounds.min || *count > bounds.max) {
    reasons = {range(Duration::show(bounds.min), Duration::show(bounds.max))};
    return std::nullopt;
  }
  return count;
}

bool is_label(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabel && std::ranges::all_of(text, fits);
}

/// What the kernel takes as the name of an interface.
bool is_interface_name(std::string_view text) {
  const auto fits = [](char c) { return c > ' ' && c != 0x7f && c != '/' && c != ':'; };
  return !text.empty() && text.size() < IFNAMSIZ && text != "." && text != ".." &&
         std::ranges::all_of(text, fits);
}

/// ::ffff:192.0.2.1, which would let one address look like two.
bool is_ipv4_mapped(const Address& address) {
  constexpr std::array<std::uint8_t, 12> kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return address.family == Address::Family::ipv6 &&
         std::equal(kPrefix.begin(), kPrefix.end(), address.bytes.begin());
}

/// True if the two cannot both be bound. Port 0 asks for any free port and meets nobody.
bool overlap(const Endpoint& a, const Endpoint& b) {
  if (a.address.family != b.address.family || a.port != b.port || a.port == 0) return false;
  return a.address == b.address || a.address.is_unspecified() || b.address.is_unspecified();
}

/// The address in `text`, or nullopt and one more reason.
std::optional<Endpoint> read_endpoint(const std::string& text, Reasons& reasons) {
  const auto endpoint = Endpoint::parse(text, kDnsPort);
  if (!endpoint) {
    reasons.push_back(
        in_quotes(text) +
        " is no address: write \"192.0.2.1\", \"192.0.2.1:53\" or \"[2001:db8::1]:53\"");
    return std::nullopt;
  }
  if (is_ipv4_mapped(endpoint->address)) {
    reasons.push_back(in_quotes(text) + " is an IPv4 address in IPv6 form: write it as IPv4");
    return std::nullopt;
  }
  return endpoint;
}

/// The strings of a list of 1 to `most`, or nullptr and a reason.
const std::vector<std::string>* read_list(const Value& value, std::string_view shape,
                                          std::size_t most, Reasons& reasons) {
  const auto* const list = std::get_if<std::vector<std::string>>(&value.content);
  if (list == nullptr) {
    const auto* const text = std::get_if<std::string>(&value.content);
    reasons = text == nullptr ? wrong_kind(shape, value) : wrong_text(shape, *text);
    return nullptr;
  }
  if (list->empty() || list->size() > most) {
    reasons = {"must have 1 to " + std::to_string(most) + " entries, not " +
               std::to_string(list->size())};
    return nullptr;
  }
  return list;
}

}  // namespace

Reasons Count::read(const Value& value, Bounds bounds, std::uint32_t& out) {
  const auto* const count = std::get_if<std::int64_t>(&value.content);
  if (count == nullptr) return wrong_kind(kShape, value);
  if (*count < bounds.min || *count > bounds.max)
    return {range(show(bounds.min), show(bounds.max)) + ", not " + show(*count)};
  out = static_cast<std::uint32_t>(*count);
  return {};
}

std::string Count::show(std::int64_t count) { return std::to_string(count); }

Reasons Flag::read(const Value& value, Bounds, bool& out) {
  const auto* const flag = std::get_if<bool>(&value.content);
  if (flag == nullptr) return wrong_kind(kShape, value);
  out = *flag;
  return {};
}

Reasons Size::read(const Value& value, Bounds bounds, std::uint64_t& out) {
  std::optional<std::int64_t> bytes;
  if (const auto* const number = std::get_if<std::int64_t>(&value.content)) {
    bytes = *number;
  } else if (const auto* const text = std::get_if<std::string>(&value.content)) {
    bytes = measure(*text, kSizeUnits);
    if (!bytes) return wrong_text(kShape, *text);
  }
  if (!bytes) return wrong_kind(kShape, value);
  if (*bytes < bounds.min || *bytes > bounds.max)
    return {range(show(bounds.min), show(bounds.max))};
  out = static_cast<std::uint64_t>(*bytes);
  return {};
}

std::string Size::show(std::int64_t bytes) { return show_measure(bytes, kSizeUnits); }

Reasons Duration::read(const Value& value, Bounds bounds, milliseconds& out) {
  Reasons reasons;
  if (const auto count = read_duration(value, bounds, reasons)) out = milliseconds{*count};
  return reasons;
}

Reasons Duration::read(const Value& value, Bounds bounds, seconds& out) {
  Reasons reasons;
  const auto count = read_duration(value, bounds, reasons);
  if (!count) return reasons;
  out = std::chrono::floor<seconds>(milliseconds{*count});
  if (out != milliseconds{*count}) return {"must be whole seconds, not " + show(*count)};
  return {};
}

std::string Duration::show(std::int64_t milliseconds) {
  return show_measure(milliseconds, kDurationUnits);
}

Reasons Label::read(const Value& value, Bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  if (!is_label(*text)) return wrong_text(kShape, *text);
  out = *text;
  return {};
}

Reasons OptionalLabel::read(const Value& value, Bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  if (!text->empty() && !is_label(*text)) return wrong_text(kShape, *text);
  out = *text;
  return {};
}

Reasons Path::read(const Value& value, Bounds bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (!text->starts_with('/')) return wrong_text(kShape, *text);
  if (std::ranges::any_of(*text, is_control)) return {"must be free of control characters"};
  if (static_cast<std::int64_t>(text->size()) > bounds.max)
    return {"must be at most " + std::to_string(bounds.max) + " bytes long, not " +
            std::to_string(text->size())};
  out = *text;
  return {};
}

Reasons OptionalPath::read(const Value& value, Bounds bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  if (!text->empty() && !text->starts_with('/')) return wrong_text(kShape, *text);
  if (!text->empty()) return Path::read(value, bounds, out);
  out.clear();
  return {};
}

Reasons CounterSource::read(const Value& value, Bounds bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  if (text->starts_with('/')) return Path::read(value, bounds, out);
  if (!text->empty() && *text != kFromDriver) return wrong_text(kShape, *text);
  out = *text;
  return {};
}

Reasons Level::read(const Value& value, Bounds, LogLevel& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{
      {{"debug", LogLevel::debug},
       {"info", LogLevel::info},
       {"warn", LogLevel::warn},
       {"error", LogLevel::error}}};
  for (const auto& [name, level] : kLevels) {
    if (*text != name) continue;
    out = level;
    return {};
  }
  return wrong_text(kShape, *text);
}

Reasons ListenAddresses::read(const Value& value, Bounds, std::vector<Endpoint>& out) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, kMaxListen, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  for (const std::string& text : *list) {
    const auto endpoint = read_endpoint(text, reasons);
    if (!endpoint) continue;
    const auto other = std::ranges::find_if(
        out, [&](const Endpoint& earlier) { return overlap(earlier, *endpoint); });
    if (other != out.end())
      reasons.push_back(in_quotes(text) + " and " + in_quotes(other->to_string()) +
                        " cannot both be listened on: keep one");
    out.push_back(*endpoint);
  }
  return reasons;
}

Reasons AdminAddress::read(const Value& value, Bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  // With two different default ports, only a text that names its port gives the same result twice.
  const auto endpoint = Endpoint::parse(*text, 1);
  if (!text->empty() && (!endpoint || endpoint != Endpoint::parse(*text, 2)))
    return wrong_text(kShape, *text);
  out = *text;
  return {};
}

Reasons Servers::read(const Value& value, Bounds, std::vector<Endpoint>& out, bool& follow_system) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, kMaxServers, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  follow_system = std::ranges::find(*list, "system") != list->end();
  if (follow_system && list->size() > 1)
    return {"\"system\" stands alone: [\"system\"], or the addresses without it"};
  if (follow_system) return {};
  for (const std::string& text : *list) {
    const auto endpoint = read_endpoint(text, reasons);
    if (!endpoint) continue;
    if (endpoint->port == 0) reasons.push_back(in_quotes(text) + ": the port must be 1 to 65535");
    if (endpoint->address.is_unspecified())
      reasons.push_back(in_quotes(text) + " is the address of no server: write the server's own");
    if (std::ranges::find(out, *endpoint) != out.end())
      reasons.push_back(in_quotes(text) + " is given twice: keep one");
    out.push_back(*endpoint);
  }
  return reasons;
}

Reasons Interfaces::read(const Value& value, Bounds, std::vector<std::string>& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text != nullptr && *text == "auto") {
    out.clear();
    return {};
  }
  Reasons reasons;
  const auto* const list = read_list(value, kShape, kMaxInterfaces, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  for (const std::string& name : *list) {
    if (!is_interface_name(name))
      reasons.push_back(in_quotes(name) + " is no interface name: 1 to " +
                        std::to_string(IFNAMSIZ - 1) + " characters without space, '/' and ':'");
    if (std::ranges::find(out, name) != out.end())
      reasons.push_back(in_quotes(name) + " is given twice: keep one");
    out.push_back(name);
  }
  return reasons;
}

Reasons ZoneName::read(const Value& value, Bounds, dns::Name& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  const auto name = text->empty() ? std::nullopt : dns::parse_name(*text);
  if (!name) return wrong_text(kShape, *text);
  out = *name;
  return {};
}

}  // namespace sluice::conf::form
