#include "conf/problem.h"

#include <cstdio>

namespace sluice::conf {

namespace {

/// Control characters as TOML writes them, \u000A: a file's text must not move a terminal's cursor
/// or end a line of the log.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= ' ' && octet != 0x7f) {
      out += c;
      continue;
    }
    char escape[sizeof "\\u0000"];
    std::snprintf(escape, sizeof escape, "\\u%04X", unsigned{octet});
    out += escape;
  }
  return out;
}

}  // namespace

std::string Problem::to_string() const {
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line);
  if (!key.empty()) text += ": " + key;
  return escaped(text + ": " + reason);
}

}  // namespace sluice::conf
