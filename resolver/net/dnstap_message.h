#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "conf/config.h"
#include "resolver/base/endpoint.h"
#include "resolver/client.h"
#include "resolver/dns/constants.h"

namespace sluice::net {

/// A DNS message that went by, for a dnstap collector. Views the message.
struct TappedMessage {
  using Time = std::chrono::system_clock::time_point;

  conf::DnstapMessage kind{};
  Transport transport = Transport::udp;
  Endpoint initiator{};  ///< who asked; no family and port 0: not known
  Endpoint responder{};  ///< who was asked; the same
  std::optional<Time> query_time{};
  std::optional<Time> response_time{};
  std::span<const std::byte> octets{};
};

/// Puts messages into the form of dnstap: Protocol Buffers, by protobuf-c.
///
/// Immutable: one serves all threads.
class DnstapForm {
 public:
  explicit DnstapForm(std::string identity) : identity_{std::move(identity)} {}

  static constexpr std::size_t kMaxIdentity = 255;
  /// What the form of any message fits in.
  static constexpr std::size_t kMaxSize = dns::kMaxMessageSize + kMaxIdentity + 256;

  /// Writes the form of `message` to the start of `out`, which has room for kMaxSize. Returns its
  /// size. Does not allocate.
  [[nodiscard]] std::size_t write(const TappedMessage& message,
                                  std::span<std::byte> out) const noexcept;

 private:
  std::string identity_;
};

}  // namespace sluice::net
