#include "conf/value_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "conf/reason.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/local_records.h"

namespace sluice::conf::form {

namespace {

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

template <typename T>
Reasons read_word(const Value& value, std::string_view shape,
                  std::initializer_list<std::pair<std::string_view, T>> words, T& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(shape, value);
  for (const auto& [word, meaning] : words) {
    if (*text != word) continue;
    out = meaning;
    return {};
  }
  return wrong_text(shape, *text);
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

Reasons Amount::read(const Value& value, Bounds bounds, double& out) {
  double amount = 0;
  if (const auto* const number = std::get_if<double>(&value.content)) {
    amount = *number;
  } else if (const auto* const whole = std::get_if<std::int64_t>(&value.content)) {
    amount = static_cast<double>(*whole);
  } else {
    return wrong_kind(kShape, value);
  }
  const bool is_within =
      amount >= static_cast<double>(bounds.min) && amount <= static_cast<double>(bounds.max);
  if (!is_within) return {range(Count::show(bounds.min), Count::show(bounds.max))};  // NaN, too
  out = amount;
  return {};
}

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

Reasons Text::read(const Value& value, Bounds bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (std::ranges::any_of(*text, is_control)) return {"must be free of control characters"};
  if (static_cast<std::int64_t>(text->size()) > bounds.max)
    return {"must be at most " + std::to_string(bounds.max) + " bytes long, not " +
            std::to_string(text->size())};
  out = *text;
  return {};
}

Reasons Path::read(const Value& value, Bounds bounds, std::string& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  if (!text->starts_with('/')) return wrong_text(kShape, *text);
  return Text::read(value, bounds, out);
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
  return read_word<LogLevel>(value, kShape,
                             {{"debug", LogLevel::debug},
                              {"info", LogLevel::info},
                              {"warn", LogLevel::warn},
                              {"error", LogLevel::error}},
                             out);
}

Reasons Format::read(const Value& value, Bounds, local::ListFormat& out) {
  return read_word<local::ListFormat>(value, kShape,
                                      {{"plain", local::ListFormat::plain},
                                       {"hosts", local::ListFormat::hosts},
                                       {"rpz", local::ListFormat::rpz}},
                                      out);
}

Reasons Block::read(const Value& value, Bounds, local::ListAction& out) {
  return read_word<local::ListAction>(value, kShape,
                                      {{"nxdomain", local::ListAction::nxdomain},
                                       {"nodata", local::ListAction::nodata},
                                       {"null", local::ListAction::null_address}},
                                      out);
}

Reasons Private::read(const Value& value, Bounds, PrivateAnswers& out) {
  return read_word<PrivateAnswers>(
      value, kShape, {{"pass", PrivateAnswers::pass}, {"strip", PrivateAnswers::strip}}, out);
}

Reasons RecordLine::read(const Value& value, Bounds, std::string& out, dns::ZoneRecord& parsed) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  auto record = dns::parse_record(*text, local::kDefaultRecordTtl);
  if (!record) return {in_quotes(*text) + ": " + record.error()};
  out = *text;
  parsed = std::move(record).value();
  return {};
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

Reasons ZoneName::read(const Value& value, Bounds, dns::Name& out) {
  const auto* const text = std::get_if<std::string>(&value.content);
  if (text == nullptr) return wrong_kind(kShape, value);
  const auto name = text->empty() ? std::nullopt : dns::parse_name(*text);
  if (!name) return wrong_text(kShape, *text);
  out = *name;
  return {};
}

}  // namespace sluice::conf::form
