#include "tests/support/wire.h"

// ldns defines `bool` as a macro unless this header has been seen.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"

namespace sluice::wire {
namespace {

using Packet = std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>;

[[noreturn]] void reject(std::string_view what) {
  throw std::invalid_argument{"wire: " + std::string{what}};
}

Packet new_packet() { return {ldns_pkt_new(), ldns_pkt_free}; }

struct QuestionText {
  std::string name;
  dns::Type type;
  ldns_rr_class klass = LDNS_RR_CLASS_IN;
};

QuestionText split(std::string_view text) {
  std::istringstream words{std::string{text}};
  std::string name;
  std::string klass = "IN";
  std::string type;
  words >> name >> type;
  if (std::string more; words >> more) {
    klass = type;
    type = more;
  }
  const auto parsed = dns::parse_type(type);
  const auto parsed_class = ldns_get_rr_class_by_name(klass.c_str());
  if (!parsed || parsed_class == 0) reject(text);
  return {name, *parsed, parsed_class};
}

void add_question(ldns_pkt* packet, std::string_view text) {
  const QuestionText parts = split(text);
  ldns_rdf* const owner = ldns_dname_new_frm_str(parts.name.c_str());
  if (owner == nullptr) reject(text);
  ldns_rr* const rr = ldns_rr_new();
  ldns_rr_set_question(rr, true);
  ldns_rr_set_owner(rr, owner);
  ldns_rr_set_type(rr, static_cast<ldns_rr_type>(parts.type));
  ldns_rr_set_class(rr, parts.klass);
  ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, rr);
}

void add_records(ldns_pkt* packet, ldns_pkt_section section, const Records& records) {
  for (const std::string& text : records) {
    ldns_rr* rr = nullptr;
    if (ldns_rr_new_frm_str(&rr, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) reject(text);
    ldns_pkt_push_rr(packet, section, rr);
  }
}

Bytes encode(const ldns_pkt* packet) {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&data, packet, &size) != LDNS_STATUS_OK) reject("cannot encode");
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owner{data, std::free};
  const auto bytes = std::as_bytes(std::span{data, size});
  return {bytes.begin(), bytes.end()};
}

void append_opt(Bytes& message, const Edns& edns, unsigned extended_rcode) {
  Bytes opt(dns::kBareOptSize);
  dns::write_u16(opt, 1, static_cast<std::uint16_t>(dns::Type::opt));
  dns::write_u16(opt, 3, edns.udp_size);
  dns::write_u32(opt, 5,
                 extended_rcode << 24 | std::uint32_t{edns.version} << 16 |
                     (edns.dnssec_ok ? dns::kDnssecOk : 0));
  dns::write_u16(opt, 9, static_cast<std::uint16_t>(edns.options.size()));
  message = concat(concat(message, opt), edns.options);
  dns::write_u16(message, 10, static_cast<std::uint16_t>(dns::read_u16(message, 10) + 1));
}

std::string text_of(const ldns_rr* rr) {
  const std::unique_ptr<char, decltype(&std::free)> owner{ldns_rr2str(rr), std::free};
  std::string text{owner.get()};
  std::replace(text.begin(), text.end(), '\t', ' ');
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Records texts_of(const ldns_rr_list* list) {
  Records records;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    records.push_back(text_of(ldns_rr_list_rr(list, i)));
  }
  return records;
}

std::string question_of(const ldns_pkt* packet) {
  const ldns_rr_list* const list = ldns_pkt_question(packet);
  if (ldns_rr_list_rr_count(list) == 0) return {};
  const ldns_rr* const rr = ldns_rr_list_rr(list, 0);
  const std::unique_ptr<char, decltype(&std::free)> name{ldns_rdf2str(ldns_rr_owner(rr)),
                                                         std::free};
  const auto klass = static_cast<dns::Class>(ldns_rr_get_class(rr));
  return std::string{name.get()} +
         (klass == dns::Class::in ? " " : " " + dns::to_string(klass) + " ") +
         dns::to_string(static_cast<dns::Type>(ldns_rr_get_type(rr)));
}

Edns edns_of(const ldns_pkt* packet) {
  Edns edns{.udp_size = ldns_pkt_edns_udp_size(packet),
            .dnssec_ok = ldns_pkt_edns_do(packet),
            .version = ldns_pkt_edns_version(packet)};
  if (const ldns_rdf* const data = ldns_pkt_edns_data(packet)) {
    const auto bytes = std::as_bytes(std::span{ldns_rdf_data(data), ldns_rdf_size(data)});
    edns.options.assign(bytes.begin(), bytes.end());
  }
  return edns;
}

std::optional<Ede> ede_in(std::span<const std::byte> options) {
  while (options.size() >= 4) {
    const std::uint16_t code = dns::read_u16(options, 0);
    const std::uint16_t size = dns::read_u16(options, 2);
    if (options.size() < 4U + size) reject("option overruns");
    const auto data = options.subspan(4, size);
    if (code == static_cast<std::uint16_t>(dns::OptionCode::ede)) {
      if (size < 2) reject("EDE without a code");
      const auto* const text = reinterpret_cast<const char*>(data.data() + 2);
      return Ede{dns::read_u16(data, 0), std::string{text, data.size() - 2}};
    }
    options = options.subspan(4U + size);
  }
  return std::nullopt;
}

}  // namespace

Bytes query(std::string_view question, const QueryOptions& options) {
  const Packet packet = new_packet();
  ldns_pkt_set_id(packet.get(), options.id);
  ldns_pkt_set_rd(packet.get(), options.recursion_desired);
  ldns_pkt_set_cd(packet.get(), options.checking_disabled);
  add_question(packet.get(), question);
  add_records(packet.get(), LDNS_SECTION_AUTHORITY, options.authority);
  add_records(packet.get(), LDNS_SECTION_ADDITIONAL, options.additional);
  Bytes message = encode(packet.get());
  if (options.edns) append_opt(message, *options.edns, 0);
  return message;
}

Bytes response(std::string_view question, const Records& answer, const ResponseOptions& options) {
  const auto rcode = static_cast<unsigned>(options.rcode);
  if (rcode > dns::Header::kRcodeMask && !options.edns) reject("an extended RCODE needs EDNS");
  const Packet packet = new_packet();
  ldns_pkt_set_id(packet.get(), options.id);
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_rd(packet.get(), true);
  ldns_pkt_set_ra(packet.get(), true);
  ldns_pkt_set_tc(packet.get(), options.truncated);
  ldns_pkt_set_aa(packet.get(), options.authoritative);
  ldns_pkt_set_ad(packet.get(), options.authentic_data);
  ldns_pkt_set_rcode(packet.get(), static_cast<std::uint8_t>(rcode & dns::Header::kRcodeMask));
  add_question(packet.get(), question);
  add_records(packet.get(), LDNS_SECTION_ANSWER, answer);
  add_records(packet.get(), LDNS_SECTION_AUTHORITY, options.authority);
  add_records(packet.get(), LDNS_SECTION_ADDITIONAL, options.additional);
  Bytes message = encode(packet.get());
  if (options.edns) append_opt(message, *options.edns, rcode >> 4);
  return message;
}

Bytes option(std::uint16_t code, std::string_view data) {
  Bytes option(4);
  dns::write_u16(option, 0, code);
  dns::write_u16(option, 2, static_cast<std::uint16_t>(data.size()));
  return concat(option, std::as_bytes(std::span{data}));
}

Bytes hex(std::string_view digits) {
  Bytes bytes;
  std::string byte;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    byte += digit;
    if (byte.size() < 2) continue;
    std::size_t used = 0;
    bytes.push_back(static_cast<std::byte>(std::stoul(byte, &used, 16)));
    if (used != 2) reject(digits);
    byte.clear();
  }
  if (!byte.empty()) reject(digits);
  return bytes;
}

Bytes concat(std::span<const std::byte> first, std::span<const std::byte> second) {
  Bytes bytes{first.begin(), first.end()};
  bytes.insert(bytes.end(), second.begin(), second.end());
  return bytes;
}

dns::Question question(std::string_view text) {
  const QuestionText parts = split(text);
  const auto name = dns::parse_name(parts.name);
  if (!name) reject(text);
  return {*name, parts.type, static_cast<dns::Class>(parts.klass)};
}

dns::LookupKey key(std::string_view text) { return {.question = question(text)}; }

Message read(std::span<const std::byte> message) {
  ldns_pkt* decoded = nullptr;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2pkt(&decoded, data, message.size()) != LDNS_STATUS_OK) reject("not a message");
  const Packet packet{decoded, ldns_pkt_free};
  Message out{.id = ldns_pkt_id(decoded),
              .is_response = ldns_pkt_qr(decoded),
              .opcode = static_cast<std::uint8_t>(ldns_pkt_get_opcode(decoded)),
              .authoritative = ldns_pkt_aa(decoded),
              .truncated = ldns_pkt_tc(decoded),
              .recursion_desired = ldns_pkt_rd(decoded),
              .recursion_available = ldns_pkt_ra(decoded),
              .authentic_data = ldns_pkt_ad(decoded),
              .checking_disabled = ldns_pkt_cd(decoded),
              .rcode = static_cast<std::uint16_t>(ldns_pkt_get_rcode(decoded)),
              .question = question_of(decoded),
              .answer = texts_of(ldns_pkt_answer(decoded)),
              .authority = texts_of(ldns_pkt_authority(decoded)),
              .additional = texts_of(ldns_pkt_additional(decoded)),
              .edns = {},
              .ede = {}};
  if (ldns_pkt_edns(decoded)) {
    out.rcode |= static_cast<std::uint16_t>(ldns_pkt_edns_extended_rcode(decoded) << 4);
    out.edns = edns_of(decoded);
    out.ede = ede_in(out.edns->options);
  }
  return out;
}

}  // namespace sluice::wire
