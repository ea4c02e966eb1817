#pragma once

#include "conf/option_table.h"

/// What the tables of options are written with.
namespace sluice::conf {

using form::Bounds;

/// What a row of a table says; the rest of an Option follows from its form and its members.
struct Row {
  std::string_view key;
  Bounds bounds{};
  Reload reload = Reload::live;
  Presence presence = Presence::optional;
  std::string_view help;
};

template <typename Section, typename Form, auto... Members>
constexpr Option<Section> option(const Row& row) {
  return {
      .key = row.key,
      .shape = Form::kShape,
      .bounds = row.bounds,
      .reload = row.reload,
      .presence = row.presence,
      .help = row.help,
      .member_count = sizeof...(Members),
      .read = [](const Value& value, Bounds bounds,
                 Section& section) { return Form::read(value, bounds, (section.*Members)...); },
      .equal = [](const Section& a,
                  const Section& b) { return ((a.*Members == b.*Members) && ...); },
      .copy = [](const Section& from, Section& to) { ((to.*Members = from.*Members), ...); },
  };
}

// Durations are bounded in milliseconds (form::Bounds).
inline constexpr std::int64_t kSecond = 1'000;
inline constexpr std::int64_t kHour = 3'600 * kSecond;
inline constexpr std::int64_t kDay = 24 * kHour;

// Without the closing zero: of PATH_MAX, and of sun_path in sockaddr_un.
inline constexpr std::int64_t kMaxPath = 4'095;
inline constexpr std::int64_t kMaxSocketPath = 107;
inline constexpr std::int64_t kMaxPackets = 1'000'000;  // per second: the most that a Gcra takes

// A new TCP connection with one query costs 6 packets at once: a smaller burst could never pay it.
inline constexpr std::int64_t kMinBurst = 8;
inline constexpr std::int64_t kMaxPrice = 1'000'000;  // of a GB

}  // namespace sluice::conf
