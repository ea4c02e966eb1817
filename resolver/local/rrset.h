#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/dns/presentation.h"
#include "resolver/dns/reply.h"
#include "resolver/local/answer_writer.h"
#include "resolver/local/suffixes.h"

namespace sluice::local {

/// Links of a CNAME chain that are followed in local data.
inline constexpr std::size_t kMaxCnameLinks = 8;

/// The largest local answer: with an OPT record and an EDE behind it, it is still a message.
inline constexpr std::size_t kMaxLocalAnswer = dns::kMaxMessageSize - dns::kReplySlack;

/// The octets that the records of one RRset may take in an answer, so that it fits behind the
/// longest question and the longest chain of CNAMEs.
inline constexpr std::size_t kRecordHeadSize = 2 + dns::kRecordFixedSize;
inline constexpr std::size_t kMaxRrsetSize =
    kMaxLocalAnswer - dns::kHeaderSize - (dns::kMaxNameSize + 4) -
    kMaxCnameLinks * (kRecordHeadSize + dns::kMaxNameSize) - kSoaSize;

/// The records of one name and type. All have one TTL (RFC 2181 section 5.2): the least given.
struct Rrset {
  dns::Type type{};
  std::uint32_t ttl = 0;
  std::size_t size = 0;  ///< octets that it takes in an answer, at most kMaxRrsetSize
  std::vector<std::vector<std::byte>> rdatas{};
};
using Rrsets = std::vector<Rrset>;

/// Why records of this type are no local data; nullopt if they may be.
[[nodiscard]] std::optional<std::string> data_type_problem(dns::Type type);

/// What became of a record that was to be added.
enum class Added : std::uint8_t { yes, twice, too_large };

/// Adds the record to the set of its type; one that is there already is left out.
[[nodiscard]] Added add_record(const dns::ZoneRecord& record, Rrsets& sets);

/// The set of this type, null if there is none. ANY takes the first (RFC 8482 section 4.1).
[[nodiscard]] const Rrset* find_type(const Rrsets& sets, dns::Type type) noexcept;

/// Appends all records of `set` as `owner`'s. Returns where the RDATA of the last begins.
NameOffset write_rrset(const Rrset& set, NameOffset owner, AnswerWriter& out) noexcept;

/// The data of a name, and of the wildcard directly below it.
struct RecordNode {
  Rrsets here;
  Rrsets wildcard;

  /// What answers for the name itself, or for names below it.
  [[nodiscard]] const Rrsets& sets(bool is_name_itself) const noexcept {
    return is_name_itself ? here : wildcard;
  }
};

/// An owner name with its "*" taken off (RFC 4592 section 2.1.1).
struct Owner {
  dns::Name name;
  bool is_wildcard = false;

  [[nodiscard]] static Owner of(const dns::Name& name) noexcept;
};

}  // namespace sluice::local
