#include "resolver/dns/presentation.h"

// ldns defines `bool` as a macro unless this header has been seen.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <span>

#include "resolver/dns/message.h"

namespace sluice::dns {
namespace {

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
  void operator()(ldns_rdf* rdf) const noexcept { ldns_rdf_deep_free(rdf); }
};
using Text = std::unique_ptr<char, Free>;
using Rdf = std::unique_ptr<ldns_rdf, Free>;

std::string take(char* text) {
  const Text owner{text};
  return owner ? std::string{owner.get()} : std::string{};
}

/// Octets that may stand unescaped in a name; others are written \DDD (RFC 1035 section 5.1).
bool is_graphic(char octet) noexcept { return octet > ' ' && octet < '\x7f'; }

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_graphic)) return std::nullopt;
  const Rdf rdf{ldns_dname_new_frm_str(std::string{text}.c_str())};
  if (!rdf) return std::nullopt;
  const std::span wire{ldns_rdf_data(rdf.get()), ldns_rdf_size(rdf.get())};
  std::size_t offset = 0;
  const auto name = Name::read(std::as_bytes(wire), offset);
  return offset == wire.size() ? name : std::nullopt;
}

std::string to_string(const Name& name) {
  const auto wire = name.wire();
  const Rdf rdf{ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.size(), wire.data())};
  return take(ldns_rdf2str(rdf.get()));
}

std::optional<Type> parse_type(std::string_view text) {
  // RFC 3597 section 5. ldns would take "TYPE1x" and "TYPE70000", too.
  constexpr std::string_view kNumbered = "TYPE";
  if (text.starts_with(kNumbered)) {
    std::uint16_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + kNumbered.size(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return Type{number};
  }
  const auto type = ldns_get_rr_type_by_name(std::string{text}.c_str());
  if (type == 0) return std::nullopt;
  return Type{static_cast<std::uint16_t>(type)};
}

std::string to_string(Type type) { return take(ldns_rr_type2str(static_cast<ldns_rr_type>(type))); }

std::string to_string(Class klass) {
  return take(ldns_rr_class2str(static_cast<ldns_rr_class>(klass)));
}

std::string to_string(Rcode rcode) {
  if (rcode == Rcode::badvers) return "BADVERS";  // ldns knows the header's four bits only
  const auto number = static_cast<std::uint16_t>(rcode);
  if (number > Header::kRcodeMask) return "RCODE" + std::to_string(number);
  return take(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(number)));
}

}  // namespace sluice::dns
