#include "resolver/net/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace sluice::log {

namespace {

constexpr const char* kWithTime = "%Y-%m-%dT%H:%M:%S.%e%z level=%l %v";
constexpr const char* kPlain = "%v";

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The prefix through which the journal learns a line's priority (sd-daemon(3)).
const char* journal_prefix(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "<7>level=debug ";
    case Level::info:
      return "<6>level=info ";
    case Level::warn:
      return "<4>level=warning ";
    case Level::error:
      return "<3>level=error ";
  }
  return "";
}

// JOURNAL_STREAM names the device and inode of the journal's stream; a child whose standard error
// was redirected inherits the variable, so both must match (systemd.exec(5)).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): at start
  struct stat status {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

struct Output {
  bool is_journal = stderr_is_journal();
  std::shared_ptr<spdlog::logger> logger =
      std::make_shared<spdlog::logger>("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());

  Output() {
    logger->set_pattern(is_journal ? kPlain : kWithTime);
    logger->set_level(spdlog::level::info);
    logger->flush_on(spdlog::level::debug);
  }
};

// The process has one standard error, so it has one logger; there is nothing to inject.
Output& output() {
  static Output instance;
  return instance;
}

bool needs_quotes(std::string_view value) noexcept {
  if (value.empty()) return true;
  for (const char c : value)
    if (c <= ' ' || c >= '\x7f' || c == '"' || c == '\\' || c == '=') return true;
  return false;
}

void append_quoted(std::string& line, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      line += "\\x";
      line += kHex[byte >> 4];
      line += kHex[byte & 0xf];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void init(Level level) { set_level(level); }

void set_level(Level level) { output().logger->set_level(to_spdlog(level)); }

Level level() {
  for (const Level each : {Level::debug, Level::info, Level::warn})
    if (is_enabled(each)) return each;
  return Level::error;
}

bool is_enabled(Level level) { return output().logger->should_log(to_spdlog(level)); }

void write(Level level, std::string_view event, Fields fields) {
  if (is_enabled(level)) write_line(level, to_line(event, fields));
}

void write_line(Level level, std::string_view text) {
  if (!is_enabled(level)) return;
  std::string line{text};
  if (output().is_journal) line.insert(0, journal_prefix(level));
  output().logger->log(to_spdlog(level), spdlog::string_view_t{line.data(), line.size()});
}

std::string to_line(std::string_view event, Fields fields) {
  std::string line = "event=";
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    append(line, field);
  }
  return line;
}

void append(std::string& line, const Field& field) {
  line += field.key;
  line += '=';
  if (needs_quotes(field.value))
    append_quoted(line, field.value);
  else
    line += field.value;
}

}  // namespace sluice::log
