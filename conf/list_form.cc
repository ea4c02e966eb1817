// The forms of values that are lists.
#include <net/if.h>

#include <algorithm>
#include <array>
#include <optional>

#include "conf/reason.h"
#include "conf/value_form.h"
#include "resolver/dns/presentation.h"

namespace sluice::conf::form {

namespace {

constexpr std::uint16_t kDnsPort = 53;

/// What the kernel takes as the name of an interface.
bool is_interface_name(std::string_view text) {
  const auto fits = [](char c) { return c > ' ' && c != 0x7f && c != '/' && c != ':'; };
  return !text.empty() && text.size() < IFNAMSIZ && text != "." && text != ".." &&
         std::ranges::all_of(text, fits);
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
  // ::ffff:192.0.2.1 would let one address look like two.
  if (unmapped(endpoint->address) != endpoint->address) {
    reasons.push_back(in_quotes(text) + " is an IPv4 address in IPv6 form: write it as IPv4");
    return std::nullopt;
  }
  return endpoint;
}

/// How many entries a list may have.
struct Entries {
  std::size_t least;
  std::size_t most;
};

/// The strings of a list, or nullptr and a reason.
const std::vector<std::string>* read_list(const Value& value, std::string_view shape, Entries count,
                                          Reasons& reasons) {
  const auto* const list = std::get_if<std::vector<std::string>>(&value.content);
  if (list == nullptr) {
    const auto* const text = std::get_if<std::string>(&value.content);
    reasons = text == nullptr ? wrong_kind(shape, value) : wrong_text(shape, *text);
    return nullptr;
  }
  if (list->size() < count.least || list->size() > count.most) {
    reasons = {"must have " + std::to_string(count.least) + " to " + std::to_string(count.most) +
               " entries, not " + std::to_string(list->size())};
    return nullptr;
  }
  return list;
}

/// The members of a set that a list names; each has its name at its place in `names`.
template <typename Set, std::size_t count>
Reasons read_set(const Value& value, std::string_view shape,
                 const std::array<std::string_view, count>& names, Set& out) {
  static_assert(Set{}.size() == count);
  Reasons reasons;
  const auto* const list = read_list(value, shape, {1, count}, reasons);
  if (list == nullptr) return reasons;
  out.reset();
  for (const std::string& text : *list) {
    const auto found = std::ranges::find(names, text);
    if (found == names.end())
      reasons.push_back(in_quotes(text) + " is none of them: write " + std::string{shape});
    else
      out.set(static_cast<std::size_t>(found - names.begin()));
  }
  return reasons;
}

}  // namespace

Reasons QueryFieldNames::read(const Value& value, Bounds, QueryFields& out) {
  return read_set(value, kShape, kQueryFieldNames, out);
}

Reasons DnstapMessageNames::read(const Value& value, Bounds, DnstapMessages& out) {
  static constexpr std::array<std::string_view, 4> kNames{"client_query", "client_response",
                                                          "forwarder_query", "forwarder_response"};
  return read_set(value, kShape, kNames, out);
}

Reasons Networks::read(const Value& value, Bounds, std::vector<Prefix>& out, bool& allow_attached) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, {0, kMaxAllowed}, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  allow_attached = false;
  for (const std::string& text : *list) {
    if (text == "local") {
      allow_attached = true;
    } else if (const auto prefix = Prefix::parse(text)) {
      out.push_back(*prefix);
    } else {
      reasons.push_back(in_quotes(text) +
                        " is no network: write \"local\", \"192.0.2.0/24\" or \"2001:db8::/32\", "
                        "with no bit set behind the length");
    }
  }
  return reasons;
}

Reasons Cidrs::read(const Value& value, Bounds, std::vector<Prefix>& out) {
  Reasons reasons;
  const auto* const single = std::get_if<std::string>(&value.content);
  const std::vector<std::string> alone{single == nullptr ? "" : *single};
  const auto* const list =
      single != nullptr ? &alone : read_list(value, kShape, {1, kMaxPrefixes}, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  for (const std::string& text : *list) {
    const auto prefix = Prefix::parse(text);
    if (!prefix) {
      reasons.push_back(in_quotes(text) +
                        " is no network: write \"192.0.2.0/24\" or \"2001:db8::/32\", with no bit "
                        "set behind the length");
    } else if (std::ranges::find(out, *prefix) != out.end()) {
      reasons.push_back(in_quotes(text) + " is given twice: keep one");
    } else {
      out.push_back(*prefix);
    }
  }
  return reasons;
}

Reasons SpecialUseNames::read(const Value& value, Bounds, local::SpecialUses& out) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, {0, local::kSpecialUseCount}, reasons);
  if (list == nullptr) return reasons;
  out.reset();
  for (const std::string& text : *list) {
    const auto use = local::special_use_named(text);
    if (use)
      out.set(static_cast<std::size_t>(*use));
    else
      reasons.push_back(in_quotes(text) + " is no special-use name: write " + std::string{kShape});
  }
  return reasons;
}

Reasons Tlds::read(const Value& value, Bounds, std::vector<std::string>& out) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, {0, kMaxSearchTlds}, reasons);
  if (list == nullptr) return reasons;
  out.clear();
  for (const std::string& text : *list) {
    const auto name = dns::parse_name(text);
    if (name && name->label_count() == 1)
      out.push_back(text);
    else
      reasons.push_back(in_quotes(text) + " is no top-level domain: write \"com\"");
  }
  return reasons;
}

Reasons ListenAddresses::read(const Value& value, Bounds, std::vector<Endpoint>& out) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, {1, kMaxListen}, reasons);
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

Reasons Servers::read(const Value& value, Bounds, std::vector<Endpoint>& out, bool& follow_system) {
  Reasons reasons;
  const auto* const list = read_list(value, kShape, {1, kMaxServers}, reasons);
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
  const auto* const list = read_list(value, kShape, {1, kMaxInterfaces}, reasons);
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

}  // namespace sluice::conf::form
