#include "resolver/net/dnstap_message.h"

#include <dnstap.pb-c.h>

#include <string_view>

#include "resolver/base/assert.h"

namespace sluice::net {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view kVersion = "sluice " SLUICE_VERSION;
static_assert(kVersion.size() < 64);

Dnstap__Message__Type type_of(conf::DnstapMessage kind) noexcept {
  switch (kind) {
    case conf::DnstapMessage::client_query:
      return DNSTAP__MESSAGE__TYPE__CLIENT_QUERY;
    case conf::DnstapMessage::client_response:
      return DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
    case conf::DnstapMessage::forwarder_query:
      return DNSTAP__MESSAGE__TYPE__FORWARDER_QUERY;
    case conf::DnstapMessage::forwarder_response:
    case conf::DnstapMessage::count_:
      break;
  }
  return DNSTAP__MESSAGE__TYPE__FORWARDER_RESPONSE;
}

bool is_query(conf::DnstapMessage kind) noexcept {
  return kind == conf::DnstapMessage::client_query || kind == conf::DnstapMessage::forwarder_query;
}

// protobuf-c only reads what it is given to write, though its types do not say so.
ProtobufCBinaryData view(std::span<const std::byte> bytes) noexcept {
  return {bytes.size(), reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes.data()))};
}

ProtobufCBinaryData view(std::string_view text) noexcept {
  return view(std::as_bytes(std::span{text}));
}

ProtobufCBinaryData view(const Address& address) noexcept {
  const std::size_t size = address.family == Address::Family::ipv6 ? 16 : 4;
  return view(std::as_bytes(std::span{address.bytes}.first(size)));
}

bool is_known(const Endpoint& end) noexcept { return end.address.family != Address::Family::none; }

void set_ends(const TappedMessage& from, Dnstap__Message& to) noexcept {
  const bool is_ipv6 = from.initiator.address.family == Address::Family::ipv6 ||
                       from.responder.address.family == Address::Family::ipv6;
  to.has_socket_family = 1;
  to.socket_family = is_ipv6 ? DNSTAP__SOCKET_FAMILY__INET6 : DNSTAP__SOCKET_FAMILY__INET;
  to.has_socket_protocol = 1;
  to.socket_protocol = from.transport == Transport::tcp ? DNSTAP__SOCKET_PROTOCOL__TCP
                                                        : DNSTAP__SOCKET_PROTOCOL__UDP;
  to.has_query_address = is_known(from.initiator) ? 1 : 0;
  to.query_address = view(from.initiator.address);
  to.has_query_port = from.initiator.port != 0 ? 1 : 0;
  to.query_port = from.initiator.port;
  to.has_response_address = is_known(from.responder) ? 1 : 0;
  to.response_address = view(from.responder.address);
  to.has_response_port = from.responder.port != 0 ? 1 : 0;
  to.response_port = from.responder.port;
}

void set_times(const TappedMessage& from, Dnstap__Message& to) noexcept {
  if (from.query_time) {
    const auto since_1970 = from.query_time->time_since_epoch();
    const auto whole = std::chrono::floor<seconds>(since_1970);
    to.has_query_time_sec = to.has_query_time_nsec = 1;
    to.query_time_sec = static_cast<std::uint64_t>(whole.count());
    to.query_time_nsec = static_cast<std::uint32_t>(nanoseconds{since_1970 - whole}.count());
  }
  if (from.response_time) {
    const auto since_1970 = from.response_time->time_since_epoch();
    const auto whole = std::chrono::floor<seconds>(since_1970);
    to.has_response_time_sec = to.has_response_time_nsec = 1;
    to.response_time_sec = static_cast<std::uint64_t>(whole.count());
    to.response_time_nsec = static_cast<std::uint32_t>(nanoseconds{since_1970 - whole}.count());
  }
}

}  // namespace

std::size_t DnstapForm::write(const TappedMessage& from, std::span<std::byte> out) const noexcept {
  Dnstap__Message message = DNSTAP__MESSAGE__INIT;
  message.type = type_of(from.kind);
  set_ends(from, message);
  set_times(from, message);
  if (is_query(from.kind)) {
    message.has_query_message = 1;
    message.query_message = view(from.octets);
  } else {
    message.has_response_message = 1;
    message.response_message = view(from.octets);
  }

  Dnstap__Dnstap frame = DNSTAP__DNSTAP__INIT;
  frame.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
  frame.has_identity = 1;
  frame.identity = view(std::string_view{identity_});
  frame.has_version = 1;
  frame.version = view(kVersion);
  frame.message = &message;
  SLUICE_ASSERT(dnstap__dnstap__get_packed_size(&frame) <= out.size());
  return dnstap__dnstap__pack(&frame, reinterpret_cast<std::uint8_t*>(out.data()));
}

}  // namespace sluice::net
