#include "tests/lab/answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "resolver/base/hash.h"
#include "resolver/dns/reply.h"

namespace sluice::lab {

namespace {

constexpr std::size_t kUdpLimit = 4'096;  // what the cloud's servers send at most
constexpr std::uint16_t kMx = 15;
constexpr std::uint16_t kSrv = 33;
constexpr std::size_t kLargeSize = 3'000;

std::uint64_t hash_of(const dns::Name& name) {
  SipHasher hasher{HashKey{.k0 = 1, .k1 = 2}};
  hasher.add(name.wire());
  return hasher.finish();
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

/// An uncompressed name.
Message name_of(std::initializer_list<std::string_view> labels) {
  Message wire;
  for (const std::string_view label : labels) {
    wire.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label) wire.push_back(static_cast<std::byte>(c));
  }
  wire.push_back(std::byte{0});
  return wire;
}

/// One response being written: header and question first, then records; finish() fits it to the
/// client.
class ResponseWriter {
 public:
  ResponseWriter(const dns::Question& question, dns::Rcode rcode) {
    message_.resize(dns::kHeaderSize + dns::kMaxNameSize + 4);
    message_.resize(dns::write_empty_response(message_, question, rcode));
  }

  void u16(std::uint16_t value) {
    message_.resize(message_.size() + 2);
    dns::write_u16(message_, message_.size() - 2, value);
  }
  void u32(std::uint32_t value) {
    message_.resize(message_.size() + 4);
    dns::write_u32(message_, message_.size() - 4, value);
  }
  void u8(std::uint8_t value) { message_.push_back(std::byte{value}); }
  void bytes(std::span<const std::byte> data) {
    message_.insert(message_.end(), data.begin(), data.end());
  }

  /// Everything of a record before its RDATA, which the caller writes before end_...().
  void begin_record(std::span<const std::byte> owner, std::uint16_t type, std::uint32_t ttl) {
    bytes(owner);
    u16(type);
    u16(static_cast<std::uint16_t>(dns::Class::in));
    u32(ttl);
    u16(0);
    rdata_ = message_.size();
  }
  void end_answer() { end_record(6); }
  void end_authority() { end_record(8); }
  /// Raises ANCOUNT for a record that the caller writes octet by octet.
  void promise_answer() { raise(6); }

  [[nodiscard]] Message finish(const dns::ReplyShape& shape) && {
    const std::size_t size = message_.size();
    message_.resize(size + dns::kReplySlack);
    message_.resize(dns::finish_reply(message_, size, shape, std::nullopt));
    return std::move(message_);
  }

 private:
  void end_record(std::size_t count_offset) {
    dns::write_u16(message_, rdata_ - 2, static_cast<std::uint16_t>(message_.size() - rdata_));
    raise(count_offset);
  }
  void raise(std::size_t count_offset) {
    dns::write_u16(message_, count_offset,
                   static_cast<std::uint16_t>(dns::read_u16(message_, count_offset) + 1));
  }

  Message message_;
  std::size_t rdata_ = 0;
};

void add_soa(ResponseWriter& writer, const ZoneBehaviour& zone) {
  writer.begin_record(zone.suffix.wire(), static_cast<std::uint16_t>(dns::Type::soa),
                      zone.ttl_seconds);
  writer.bytes(name_of({"ns", "example"}));
  writer.bytes(name_of({"hostmaster", "example"}));
  for (const std::uint32_t value : {1U, 3'600U, 600U, 86'400U}) writer.u32(value);
  writer.u32(zone.ttl_seconds);  // MINIMUM, RFC 2308 section 4
  writer.end_authority();
}

void put_text(ResponseWriter& writer, std::string_view text) {
  writer.u8(static_cast<std::uint8_t>(text.size()));
  writer.bytes(std::as_bytes(std::span{text}));
}

/// RDATA of the type asked for; false if it is one that we do not make.
bool put_rdata(ResponseWriter& writer, dns::Type type, std::uint64_t hash) {
  switch (static_cast<std::uint16_t>(type)) {
    case static_cast<std::uint16_t>(dns::Type::a):
      writer.u32(0xc0000200U | static_cast<std::uint32_t>(hash & 0xff));  // 192.0.2.0/24
      return true;
    case static_cast<std::uint16_t>(dns::Type::aaaa):
      writer.u32(0x20010db8U);
      writer.u32(0);
      writer.u32(static_cast<std::uint32_t>(hash >> 32));
      writer.u32(static_cast<std::uint32_t>(hash));
      return true;
    case static_cast<std::uint16_t>(dns::Type::ptr):
      writer.bytes(name_of({"host-" + hex(hash), "example"}));
      return true;
    case static_cast<std::uint16_t>(dns::Type::cname):
      writer.bytes(name_of({"alias-" + hex(hash), "example"}));
      return true;
    case static_cast<std::uint16_t>(dns::Type::txt):
      put_text(writer, "hash=" + hex(hash));
      return true;
    case kMx:
      writer.u16(10);
      writer.bytes(name_of({"mail-" + hex(hash), "example"}));
      return true;
    case kSrv:
      for (const std::uint16_t value : {std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{443}})
        writer.u16(value);
      writer.bytes(name_of({"host-" + hex(hash), "example"}));
      return true;
    default:
      return false;
  }
}

ResponseWriter negative(const ZoneBehaviour& zone, const dns::Query& query, dns::Rcode rcode) {
  ResponseWriter writer{query.question, rcode};
  add_soa(writer, zone);
  return writer;
}

ResponseWriter positive(const ZoneBehaviour& zone, const dns::Query& query) {
  ResponseWriter writer{query.question, dns::Rcode::noerror};
  ResponseWriter with_record = writer;
  with_record.begin_record(query.question.name.wire(),
                           static_cast<std::uint16_t>(query.question.type), zone.ttl_seconds);
  if (!put_rdata(with_record, query.question.type, hash_of(query.question.name)))
    return negative(zone, query, dns::Rcode::noerror);
  with_record.end_answer();
  return with_record;
}

ResponseWriter large(const ZoneBehaviour& zone, const dns::Query& query) {
  const bool is_a = query.question.type == dns::Type::a;
  if (!is_a && query.question.type != dns::Type::txt) return positive(zone, query);
  ResponseWriter writer{query.question, dns::Rcode::noerror};
  constexpr std::array<std::byte, 2> kQuestionName{std::byte{0xc0}, std::byte{dns::kHeaderSize}};
  const std::string text(200, 'x');
  const std::size_t record_size = is_a ? 16 : 13 + text.size();
  for (std::uint32_t i = 0; i < kLargeSize / record_size; ++i) {
    writer.begin_record(kQuestionName, static_cast<std::uint16_t>(query.question.type),
                        zone.ttl_seconds);
    if (is_a)
      writer.u32(0xc6120000U + i);  // 198.18.0.0/15 holds more addresses than 192.0.2.0/24
    else
      put_text(writer, text);
    writer.end_answer();
  }
  return writer;
}

ResponseWriter cname_chain(const ZoneBehaviour& zone, const dns::Query& query) {
  const std::uint64_t hash = hash_of(query.question.name);
  ResponseWriter writer{query.question, dns::Rcode::noerror};
  const std::span<const std::byte> asked = query.question.name.wire();
  Message owner{asked.begin(), asked.end()};
  for (const std::string_view hop : {"first-", "second-", "third-"}) {
    Message target = name_of({std::string{hop} + hex(hash), "example"});
    writer.begin_record(owner, static_cast<std::uint16_t>(dns::Type::cname), zone.ttl_seconds);
    writer.bytes(target);
    writer.end_answer();
    owner = std::move(target);
  }
  if (query.question.type == dns::Type::cname) return writer;
  ResponseWriter with_record = writer;
  with_record.begin_record(owner, static_cast<std::uint16_t>(query.question.type),
                           zone.ttl_seconds);
  if (put_rdata(with_record, query.question.type, hash)) {
    with_record.end_answer();
    return with_record;
  }
  add_soa(writer, zone);
  return writer;
}

/// A record whose RDLENGTH runs over the end of the message.
ResponseWriter malformed(const dns::Query& query) {
  ResponseWriter writer{query.question, dns::Rcode::noerror};
  writer.bytes(query.question.name.wire());
  writer.u16(static_cast<std::uint16_t>(query.question.type));
  writer.u16(static_cast<std::uint16_t>(dns::Class::in));
  writer.u32(60);
  writer.u16(0xffff);
  writer.promise_answer();
  return writer;
}

dns::ReplyShape shape_of(const dns::Query& query, Transport transport) {
  return transport == Transport::tcp ? dns::ReplyShape::for_tcp(query)
                                     : dns::ReplyShape::for_udp(query, kUdpLimit);
}

Message forge_id(Message reply) {
  dns::write_u16(reply, 0, static_cast<std::uint16_t>(~dns::read_u16(reply, 0)));
  return reply;
}

Message forge_question(const ZoneBehaviour& zone, dns::Query query, Transport transport) {
  const Message name = name_of({"forged", "example"});
  std::size_t offset = 0;
  query.question.name = *dns::Name::read(name, offset);
  query.qname_case = {};
  return positive(zone, query).finish(shape_of(query, transport));
}

Message truncated(const dns::Query& query, const dns::ReplyShape& shape) {
  Message reply = ResponseWriter{query.question, dns::Rcode::noerror}.finish(shape);
  dns::write_u16(reply, 2, static_cast<std::uint16_t>(dns::read_u16(reply, 2) | dns::Header::kTc));
  return reply;
}

/// A name fails always or never, as one whose servers are broken does.
bool is_unlucky(const dns::Name& name, double share) {
  return static_cast<double>(hash_of(name) >> 11) * 0x1.0p-53 < share;
}

}  // namespace

std::vector<Message> make_replies(const ZoneBehaviour& zone, const dns::Query& query,
                                  Transport transport) {
  dns::ReplyShape shape = shape_of(query, transport);
  const auto error = [&](dns::Rcode rcode) {
    return ResponseWriter{query.question, rcode}.finish(shape);
  };
  const auto answer = [&] { return positive(zone, query).finish(shape); };
  if (is_unlucky(query.question.name, zone.fail)) return {error(dns::Rcode::servfail)};

  switch (zone.behaviour) {
    case Behaviour::answer:
      return {answer()};
    case Behaviour::servfail:
      return {error(dns::Rcode::servfail)};
    case Behaviour::refused:
      return {error(dns::Rcode::refused)};
    case Behaviour::nxdomain:
      return {negative(zone, query, dns::Rcode::nxdomain).finish(shape)};
    case Behaviour::nodata:
      return {negative(zone, query, dns::Rcode::noerror).finish(shape)};
    case Behaviour::silent:
      return {};
    case Behaviour::tc:
      return {transport == Transport::tcp ? answer() : truncated(query, shape)};
    case Behaviour::large:
      return {large(zone, query).finish(shape)};
    case Behaviour::wrongid:
      return {forge_id(answer()), answer()};
    case Behaviour::wrongquestion:
      return {forge_question(zone, query, transport), answer()};
    case Behaviour::formerr:
      if (!query.edns) return {answer()};
      shape.has_edns = false;
      return {error(dns::Rcode::formerr)};
    case Behaviour::malformed:
      return {malformed(query).finish(shape)};
    case Behaviour::cname:
      return {cname_chain(zone, query).finish(shape)};
  }
  return {};
}

}  // namespace sluice::lab
