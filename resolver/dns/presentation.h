#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/dns/name.h"

/// Presentation format (RFC 1035 section 5.1), by ldns. Only for the edges: configuration, control
/// tool, log lines, tests. Allocates; never on the hit path.
namespace sluice::dns {

/// "www.example" or "www.example."; every name is absolute. nullopt if it is none.
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);
/// With its final dot: "www.example.", "." for the root.
[[nodiscard]] std::string to_string(const Name& name);

/// "A", "TYPE65280"; nullopt if it names no type.
[[nodiscard]] std::optional<Type> parse_type(std::string_view text);
[[nodiscard]] std::string to_string(Type type);
/// "IN", "CH", "CLASS42".
[[nodiscard]] std::string to_string(Class klass);
/// "NOERROR", "SERVFAIL", "RCODE11".
[[nodiscard]] std::string to_string(Rcode rcode);

/// A resource record by itself, outside of any message.
struct ZoneRecord {
  Name owner;
  Type type{};
  Class klass = Class::in;
  std::uint32_t ttl = 0;
  std::vector<std::byte> rdata;  ///< in wire form, names in it uncompressed and not folded

  friend bool operator==(const ZoneRecord&, const ZoneRecord&) = default;
};

/// One record in one line: "www.example 300 IN A 192.0.2.1". TTL and class may be left out; every
/// name is absolute; a TTL is at most 2^31 - 1 (RFC 2181 section 8). The error says what is wrong
/// with the line, for whoever wrote it.
[[nodiscard]] Result<ZoneRecord, std::string> parse_record(std::string_view line,
                                                           std::uint32_t default_ttl);

/// The records of a message as lines, "www.example. 60 IN A 192.0.2.1", section by section; none if
/// ldns cannot read it.
[[nodiscard]] std::vector<std::string> record_lines(std::span<const std::byte> message);

/// Reads a zone file record by record (RFC 1035 section 5): $ORIGIN and $TTL, "@", blank owners,
/// parentheses and comments. A line that is no record is reported and left behind.
class ZoneReader {
 public:
  /// `text` must outlive the reader. Until $ORIGIN says otherwise, names are relative to the root.
  ZoneReader(std::string_view text, std::uint32_t default_ttl);
  ~ZoneReader();
  ZoneReader(const ZoneReader&) = delete;
  ZoneReader& operator=(const ZoneReader&) = delete;

  /// The next record, or why a line is none; nullopt at the end.
  [[nodiscard]] std::optional<Result<ZoneRecord, std::string>> next();

  /// The number of the line, from 1, in which what next() gave last begins.
  [[nodiscard]] std::size_t line() const noexcept;
  /// What relative names are completed with now.
  [[nodiscard]] Name origin() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::dns
