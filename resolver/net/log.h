#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "conf/config.h"

/// Log lines of key=value pairs on standard error: `level=info event=reloaded zones=3`. Under
/// systemd's journal each line carries its priority instead of a time.
///
/// For state changes (start, reload, an upstream down or up) and what an operator must read; never
/// for single queries above debug. Thread-safe. Blocks if standard error does.
namespace sluice::log {

using Level = conf::LogLevel;

/// One key=value. The value may come from a stranger: to_line() quotes and escapes it.
struct Field {
  Field(std::string_view name, std::string_view text) : key{name}, value{text} {}
  Field(std::string_view name, const std::string& text) : key{name}, value{text} {}
  Field(std::string_view name, const char* text) : key{name}, value{text} {}
  Field(std::string_view name, bool yes) : key{name}, value{yes ? "yes" : "no"} {}
  template <std::integral T>
  Field(std::string_view name, T number) : key{name}, value{std::to_string(number)} {}

  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

/// Call once, before the first line and before any thread. Without it lines of info and above go
/// out with a time.
void init(Level level);
/// May be called at any time (reload).
void set_level(Level level);
[[nodiscard]] Level level();
[[nodiscard]] bool is_enabled(Level level);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

/// A finished line of to_line() or append().
void write_line(Level level, std::string_view line);

/// Appends "key=value" as to_line() writes it.
void append(std::string& line, const Field& field);

/// "event=... key=value .... A value with anything but printable ASCII, with a blank or a quote
/// is quoted, its odd bytes as \xNN: one event is one line, whatever the values are.
[[nodiscard]] std::string to_line(std::string_view event, Fields fields);

}  // namespace sluice::log
