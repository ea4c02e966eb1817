#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/dns/constants.h"
#include "resolver/dns/question.h"

/// DNS messages for tests, from presentation format and back:
///
///   wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"})
///   wire::read(reply).answer == wire::Records{"www.example. 60 IN A 192.0.2.1"}
///
/// Made and read by ldns, so that our own parsers are never their own judge. Text that is no
/// presentation format, and bytes that are no message, throw std::invalid_argument.
namespace sluice::wire {

using Bytes = std::vector<std::byte>;
/// One record in a line, as in a zone file, its fields separated by one blank.
using Records = std::vector<std::string>;

/// An OPT record. It is always the last record of a message made here.
struct Edns {
  std::uint16_t udp_size = 1'232;
  bool dnssec_ok = false;
  std::uint8_t version = 0;
  Bytes options{};

  friend bool operator==(const Edns&, const Edns&) = default;
};

struct QueryOptions {
  std::uint16_t id = 0x1234;
  bool recursion_desired = true;
  bool checking_disabled = false;
  Records authority{};
  Records additional{};
  std::optional<Edns> edns{};
};

struct ResponseOptions {
  std::uint16_t id = 0x1234;
  dns::Rcode rcode = dns::Rcode::noerror;  ///< above 15 it needs `edns`
  bool truncated = false;
  bool authoritative = false;
  bool authentic_data = false;
  Records authority{};
  Records additional{};
  std::optional<Edns> edns{};
};

/// A query for "www.example. A" or "version.bind. CH TXT"; the letters are kept as they are.
[[nodiscard]] Bytes query(std::string_view question, const QueryOptions& options = {});
/// A response with RD and RA, its names compressed.
[[nodiscard]] Bytes response(std::string_view question, const Records& answer,
                             const ResponseOptions& options = {});

/// An EDNS option, to be put into Edns::options.
[[nodiscard]] Bytes option(std::uint16_t code, std::string_view data);
/// The octets that `digits` spell in hexadecimal; blanks are skipped. For what no encoder writes.
[[nodiscard]] Bytes hex(std::string_view digits);
[[nodiscard]] Bytes concat(std::span<const std::byte> first, std::span<const std::byte> second);

[[nodiscard]] dns::Question question(std::string_view text);
[[nodiscard]] dns::LookupKey key(std::string_view question);

struct Ede {
  std::uint16_t code = 0;
  std::string text;

  friend bool operator==(const Ede&, const Ede&) = default;
};

/// A message as its receiver sees it.
struct Message {
  std::uint16_t id = 0;
  bool is_response = false;
  std::uint8_t opcode = 0;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool authentic_data = false;
  bool checking_disabled = false;
  std::uint16_t rcode = 0;  ///< with the OPT record's upper bits
  std::string question;     ///< "www.example. A"; empty if there is none
  Records answer;
  Records authority;
  Records additional;  ///< without OPT
  std::optional<Edns> edns;
  std::optional<Ede> ede;  ///< the first in `edns`
};

[[nodiscard]] Message read(std::span<const std::byte> message);

}  // namespace sluice::wire
