#include "tests/fuzz/ldns_message.h"

// ldns defines `bool` as a macro unless this header has been seen.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <memory>

#include "resolver/dns/message.h"

namespace sluice::fuzz {
namespace {

using dns::Header;

Bytes bytes_of(const ldns_rdf* rdf) {
  if (rdf == nullptr) return {};
  const auto bytes = std::as_bytes(std::span{ldns_rdf_data(rdf), ldns_rdf_size(rdf)});
  return {bytes.begin(), bytes.end()};
}

std::optional<std::uint32_t> soa_minimum(const ldns_rr* rr) {
  constexpr std::size_t kMinimum = 6;  // MNAME, RNAME and four numbers come before it
  if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) <= kMinimum)
    return std::nullopt;
  return ldns_rdf2native_int32(ldns_rr_rdf(rr, kMinimum));
}

LdnsRecords records_of(const ldns_rr_list* list) {
  LdnsRecords records;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* const rr = ldns_rr_list_rr(list, i);
    records.push_back({.owner = bytes_of(ldns_rr_owner(rr)),
                       .type = static_cast<std::uint16_t>(ldns_rr_get_type(rr)),
                       .klass = static_cast<std::uint16_t>(ldns_rr_get_class(rr)),
                       .ttl = ldns_rr_is_question(rr) ? 0 : ldns_rr_ttl(rr),
                       .soa_minimum = soa_minimum(rr)});
  }
  return records;
}

std::uint16_t flags_of(const ldns_pkt* packet) {
  const auto bit = [](bool is_set, std::uint16_t flag) { return is_set ? unsigned{flag} : 0U; };
  return static_cast<std::uint16_t>(
      bit(ldns_pkt_qr(packet), Header::kQr) | bit(ldns_pkt_aa(packet), Header::kAa) |
      bit(ldns_pkt_tc(packet), Header::kTc) | bit(ldns_pkt_rd(packet), Header::kRd) |
      bit(ldns_pkt_ra(packet), Header::kRa) | bit(ldns_pkt_ad(packet), Header::kAd) |
      bit(ldns_pkt_cd(packet), Header::kCd) |
      static_cast<unsigned>(ldns_pkt_get_opcode(packet)) << 11 |
      static_cast<unsigned>(ldns_pkt_get_rcode(packet)));
}

std::optional<LdnsEdns> edns_of(const ldns_pkt* packet) {
  if (!ldns_pkt_edns(packet)) return std::nullopt;
  return LdnsEdns{.udp_size = ldns_pkt_edns_udp_size(packet),
                  .version = ldns_pkt_edns_version(packet),
                  .extended_rcode = ldns_pkt_edns_extended_rcode(packet),
                  .dnssec_ok = ldns_pkt_edns_do(packet),
                  .options = bytes_of(ldns_pkt_edns_data(packet))};
}

}  // namespace

std::optional<LdnsMessage> read_with_ldns(std::span<const std::byte> message) {
  ldns_pkt* parsed = nullptr;
  const auto* const octets = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2pkt(&parsed, octets, message.size()) != LDNS_STATUS_OK) return std::nullopt;
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet{parsed, ldns_pkt_free};
  return LdnsMessage{.id = ldns_pkt_id(packet.get()),
                     .flags = flags_of(packet.get()),
                     .questions = records_of(ldns_pkt_question(packet.get())),
                     .answer = records_of(ldns_pkt_answer(packet.get())),
                     .authority = records_of(ldns_pkt_authority(packet.get())),
                     .additional = records_of(ldns_pkt_additional(packet.get())),
                     .edns = edns_of(packet.get())};
}

std::optional<Bytes> read_name_with_ldns(std::span<const std::byte> message, std::size_t offset) {
  ldns_rdf* parsed = nullptr;
  const auto* const octets = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2dname(&parsed, octets, message.size(), &offset) != LDNS_STATUS_OK)
    return std::nullopt;
  const std::unique_ptr<ldns_rdf, decltype(&ldns_rdf_deep_free)> name{parsed, ldns_rdf_deep_free};
  return bytes_of(name.get());
}

}  // namespace sluice::fuzz
