#include "resolver/dns/presentation.h"

// ldns defines `bool` as a macro unless this header has been seen.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

#include "resolver/dns/message.h"

namespace sluice::dns {
namespace {

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
  void operator()(ldns_rdf* rdf) const noexcept { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_rr* rr) const noexcept { ldns_rr_free(rr); }
  void operator()(ldns_pkt* packet) const noexcept { ldns_pkt_free(packet); }
  void operator()(ldns_buffer* buffer) const noexcept { ldns_buffer_free(buffer); }
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using Text = std::unique_ptr<char, Free>;
using Rdf = std::unique_ptr<ldns_rdf, Free>;
using Rr = std::unique_ptr<ldns_rr, Free>;
using Packet = std::unique_ptr<ldns_pkt, Free>;
using Buffer = std::unique_ptr<ldns_buffer, Free>;
using File = std::unique_ptr<std::FILE, Free>;

std::string take(char* text) {
  const Text owner{text};
  return owner ? std::string{owner.get()} : std::string{};
}

/// Octets that may stand unescaped in a name; others are written \DDD (RFC 1035 section 5.1).
bool is_graphic(char octet) noexcept { return octet > ' ' && octet < '\x7f'; }

std::optional<Name> name_of(const ldns_rdf* rdf) {
  const std::span wire{ldns_rdf_data(rdf), ldns_rdf_size(rdf)};
  std::size_t offset = 0;
  const auto name = Name::read(std::as_bytes(wire), offset);
  return offset == wire.size() ? name : std::nullopt;
}

/// ldns' words without what they all begin with: "Syntax error, could not parse the RR's rdata".
std::string reason_of(ldns_status status) {
  constexpr std::string_view kPrefix = "Syntax error, ";
  std::string_view text{ldns_get_errorstr_by_id(status)};
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return std::string{text};
}

Result<ZoneRecord, std::string> record_of(const ldns_rr* rr) {
  const auto owner = name_of(ldns_rr_owner(rr));
  const Buffer buffer{ldns_buffer_new(LDNS_MIN_BUFLEN)};
  const bool is_written = buffer && ldns_rr_rdata2buffer_wire(buffer.get(), rr) == LDNS_STATUS_OK;
  if (!owner || !is_written) return failure(std::string{"could not be put into wire format"});
  const std::span rdata{ldns_buffer_begin(buffer.get()), ldns_buffer_position(buffer.get())};
  if (rdata.size() > kMaxMessageSize) return failure(std::string{"RDATA over 65,535 octets"});
  const auto octets = std::as_bytes(rdata);
  return ZoneRecord{.owner = *owner,
                    .type = Type{static_cast<std::uint16_t>(ldns_rr_get_type(rr))},
                    .klass = Class{static_cast<std::uint16_t>(ldns_rr_get_class(rr))},
                    .ttl = ldns_rr_ttl(rr),
                    .rdata = {octets.begin(), octets.end()}};
}

/// ldns reduces a TTL that is too large modulo 2^32. It is the second field, if it is a number.
bool has_good_ttl(std::string_view line) {
  constexpr std::uint64_t kMaxTtl = 0x7fff'ffff;  // RFC 2181 section 8
  constexpr std::string_view kBlank = " \t";
  line.remove_prefix(std::min(line.find_first_of(kBlank), line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  std::uint64_t ttl = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), ttl);
  return parsed.ec == std::errc::invalid_argument || (parsed.ec == std::errc{} && ttl <= kMaxTtl);
}

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_graphic)) return std::nullopt;
  const Rdf rdf{ldns_dname_new_frm_str(std::string{text}.c_str())};
  return rdf ? name_of(rdf.get()) : std::nullopt;
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

Result<ZoneRecord, std::string> parse_record(std::string_view line, std::uint32_t default_ttl) {
  // ldns would take the root for the owner, and stop at the end of the line or at a NUL.
  if (line.empty() || !is_graphic(line.front()) || line.front() == '@' || line.front() == ';')
    return failure(std::string{"does not begin with a name"});
  if (line.find_first_of(std::string_view{"\n\r\0", 3}) != std::string_view::npos)
    return failure(std::string{"is not a single line"});
  if (!has_good_ttl(line)) return failure(std::string{"TTL over 2147483647"});
  const Rdf root{ldns_dname_new_frm_str(".")};
  ldns_rr* parsed = nullptr;
  const ldns_status status =
      ldns_rr_new_frm_str(&parsed, std::string{line}.c_str(), default_ttl, root.get(), nullptr);
  const Rr rr{parsed};
  if (status != LDNS_STATUS_OK) return failure(reason_of(status));
  return record_of(rr.get());
}

struct ZoneReader::State {
  std::string_view text;
  File file;  // null for an empty text
  std::uint32_t default_ttl;
  ldns_rdf* origin = nullptr;  // ldns replaces both, so no owner can hold them in between
  ldns_rdf* previous = nullptr;
  Name good_origin;         // the root at first
  std::size_t counted = 0;  // octets of the text whose lines are counted
  std::size_t line = 1;     // that the octet behind them is in

  ~State() {
    Free{}(origin);
    Free{}(previous);
  }

  /// After an $ORIGIN that is no name ldns has none at all, and would read owners without it.
  void keep_origin() {
    if (origin != nullptr) {
      good_origin = name_of(origin).value_or(good_origin);
    } else {
      const auto wire = good_origin.wire();
      origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.size(), wire.data());
    }
  }

  /// Counts lines up to the record that is read next. ldns' own count is of what it has read, which
  /// may be lines ahead.
  void find_next_record() {
    const auto count_to = [this](std::size_t end) {
      const auto octets = text.substr(counted, end - counted);
      line += static_cast<std::size_t>(std::count(octets.begin(), octets.end(), '\n'));
      counted = end;
    };
    count_to(static_cast<std::size_t>(std::max(std::ftell(file.get()), 0L)));
    while (counted < text.size()) {
      const bool is_comment = text[counted] == ';';
      const std::size_t end =
          is_comment ? text.find('\n', counted) : text.find_first_not_of(" \t\r\n", counted);
      if (end == counted) return;
      count_to(std::min(end, text.size()));
    }
  }
};

ZoneReader::ZoneReader(std::string_view text, std::uint32_t default_ttl)
    : state_{std::make_unique<State>()} {
  state_->text = text;
  // Opened for reading only, so the text is not written to.
  if (!text.empty()) state_->file.reset(fmemopen(const_cast<char*>(text.data()), text.size(), "r"));
  state_->default_ttl = default_ttl;
  state_->origin = ldns_dname_new_frm_str(".");
}

ZoneReader::~ZoneReader() = default;

std::optional<Result<ZoneRecord, std::string>> ZoneReader::next() {
  State& state = *state_;
  while (state.file && std::feof(state.file.get()) == 0) {
    state.find_next_record();
    ldns_rr* parsed = nullptr;
    const ldns_status status = ldns_rr_new_frm_fp_l(&parsed, state.file.get(), &state.default_ttl,
                                                    &state.origin, &state.previous, nullptr);
    const Rr rr{parsed};
    state.keep_origin();
    switch (status) {
      case LDNS_STATUS_OK:
        return record_of(rr.get());
      case LDNS_STATUS_SYNTAX_EMPTY:
      case LDNS_STATUS_SYNTAX_ORIGIN:
      case LDNS_STATUS_SYNTAX_TTL:
        break;
      case LDNS_STATUS_SYNTAX_INCLUDE:
        return failure(std::string{"$INCLUDE is not followed"});
      default:  // of ldns' many errors, all of which are for people
        return failure(reason_of(status));
    }
  }
  return std::nullopt;
}

std::size_t ZoneReader::line() const noexcept { return state_->line; }

Name ZoneReader::origin() const noexcept { return state_->good_origin; }

std::vector<std::string> record_lines(std::span<const std::byte> message) {
  ldns_pkt* read = nullptr;
  const auto* wire = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2pkt(&read, wire, message.size()) != LDNS_STATUS_OK) return {};
  const Packet packet{read};
  std::vector<std::string> lines;
  for (const ldns_pkt_section section :
       {LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY, LDNS_SECTION_ADDITIONAL}) {
    ldns_rr_list* list = ldns_pkt_get_section_clone(packet.get(), section);
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
      std::string line = take(ldns_rr2str(ldns_rr_list_rr(list, i)));
      std::replace(line.begin(), line.end(), '\t', ' ');
      if (line.ends_with('\n')) line.pop_back();
      lines.push_back(std::move(line));
    }
    ldns_rr_list_deep_free(list);
  }
  return lines;
}

}  // namespace sluice::dns
