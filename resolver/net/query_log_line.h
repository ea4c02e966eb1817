#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "conf/config.h"
#include "resolver/base/endpoint.h"
#include "resolver/client.h"
#include "resolver/dns/question.h"
#include "resolver/reply_origin.h"

namespace sluice::net {

/// What the query log knows of one answered query: a plain value of fixed size, so that a listener
/// can hand it over without allocating.
struct LoggedQuery {
  static constexpr std::size_t kMaxUpstreamName = 32;  ///< conf::form::Label
  static constexpr std::uint8_t kNoZone = 0xff;
  static constexpr std::int32_t kNoEde = -1;

  std::chrono::system_clock::time_point time{};  ///< when it was answered
  Duration latency{};
  Endpoint client{};
  std::uint32_t size = 0;  ///< of the reply, in octets
  std::int32_t ede = kNoEde;
  std::uint16_t rcode = 0;
  ReplySource source{};
  std::uint8_t tries = 0;
  std::uint8_t zone_labels = kNoZone;  ///< the rule's suffix is that much of the name
  bool has_question = false;           ///< what was no query need not have one
  std::array<char, kMaxUpstreamName> upstream{};
  dns::Question question{};
};
static_assert(std::is_trivially_copyable_v<LoggedQuery>);

/// Fills what the octets of a reply say: question, RCODE, EDE and size.
void read_reply(std::span<const std::byte> reply, LoggedQuery& query) noexcept;

/// "name=www.example. type=A rcode=NOERROR ...": the fields that are wanted, in the order of
/// conf::QueryField, "-" for what is not known. One line whatever was asked, without its end.
[[nodiscard]] std::string to_line(const LoggedQuery& query, const conf::QueryFields& fields);

}  // namespace sluice::net
