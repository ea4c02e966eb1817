#include "resolver/net/api_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::net {

namespace {

using nlohmann::json;

struct ReadingVerb {
  std::string_view name;
  std::array<std::string_view, 2> keys{};
};

constexpr std::array kReadingVerbs{
    ReadingVerb{"status", {}},      ReadingVerb{"stats", {}},
    ReadingVerb{"zones", {}},       ReadingVerb{"upstreams", {}},
    ReadingVerb{"budget", {}},      ReadingVerb{"requests", {}},
    ReadingVerb{"diagnose", {}},    ReadingVerb{"overview", {}},
    ReadingVerb{"top", {"window"}}, ReadingVerb{"explain", {"name", "type"}},
};

auto bad_query(std::string reason) {
  return failure(ApiProblem{ApiProblem::Kind::bad_query, std::move(reason)});
}

// Cuts `text` at the first `mark` and returns what was before it; all, if there is none.
std::string_view cut(std::string_view& text, char mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return head;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front() == '+' ? ' ' : text.front();
      text.remove_prefix(1);
      continue;
    }
    // from_chars takes a sign for some types, but not for unsigned ones.
    unsigned char octet = 0;
    const char* const digits = text.data() + 1;
    if (text.size() < 3 || std::from_chars(digits, digits + 2, octet, 16).ptr != digits + 2)
      return std::nullopt;
    out += static_cast<char>(octet);
    text.remove_prefix(3);
  }
  return out;
}

Result<std::string, ApiProblem> api_request(std::string_view target) {
  if (target.starts_with(kApiPrefix)) target.remove_prefix(kApiPrefix.size());
  const std::string_view name = cut(target, '?');
  const auto* const verb = std::find_if(kReadingVerbs.begin(), kReadingVerbs.end(),
                                        [&](const ReadingVerb& each) { return each.name == name; });
  if (verb == kReadingVerbs.end())
    return failure(ApiProblem{ApiProblem::Kind::unknown_verb,
                              "there are status, stats, zones, upstreams, budget, requests, top, "
                              "explain, diagnose, overview and live"});

  json request{{"verb", verb->name}};
  while (!target.empty()) {
    std::string_view value = cut(target, '&');
    const std::string_view key = cut(value, '=');
    if (key.empty() || std::find(verb->keys.begin(), verb->keys.end(), key) == verb->keys.end())
      return bad_query("a key that " + std::string{name} + " does not know");
    if (request.contains(key)) return bad_query(std::string{key} + " is given twice");
    auto decoded = percent_decoded(value);
    if (!decoded) return bad_query("a percent sign without two digits");
    request[std::string{key}] = *std::move(decoded);
  }
  // Octets that are no UTF-8 cannot be meant, and JSON has no way to say them.
  return success(request.dump(-1, ' ', true, json::error_handler_t::replace));
}

}  // namespace sluice::net
