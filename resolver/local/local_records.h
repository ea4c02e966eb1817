#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "resolver/dns/presentation.h"
#include "resolver/local/rrset.h"
#include "resolver/local/suffixes.h"

namespace sluice::local {

/// Why a record was refused, for whoever wrote it.
struct RecordProblem {
  std::size_t index = 0;  ///< in the list of records that were given
  std::string text;
};

/// More are refused.
inline constexpr std::size_t kMaxRecords = 100'000;

/// The TTL of records that are written without one, in seconds.
inline constexpr std::uint32_t kDefaultRecordTtl = 300;

/// Records that the configuration gives to names of its choice. A name with records is ours whole:
/// types that it has are answered, all others have no data. Names without records are not ours,
/// unless a wildcard stands for them: RFC 4592, all records taken as one zone.
///
/// A CNAME is followed within these records, over at most kMaxCnameLinks links. It is refused
/// unless it leads to a name of ours: stub resolvers do not follow a CNAME, and we do not ask
/// upstream for its target.
///
/// Immutable. find() and write() never allocate.
class LocalRecords {
 public:
  LocalRecords(const std::vector<dns::ZoneRecord>& records, HashKey key);

  /// What was refused, in the order of the list. All else is answered.
  [[nodiscard]] const std::vector<RecordProblem>& problems() const noexcept { return problems_; }
  [[nodiscard]] HashKey key() const noexcept { return nodes_.hash_function().key; }

  /// What the name has, or the wildcard that stands for it; null if the name is not ours.
  [[nodiscard]] const Rrsets* find(const Suffixes& name) const noexcept;
  /// Answers with what find() found. True if there is an answer, false if it is negative.
  bool write(const Rrsets& found, dns::Type type, AnswerWriter& out) const noexcept;

 private:
  [[nodiscard]] std::optional<std::string> add(const dns::ZoneRecord& record);
  [[nodiscard]] std::optional<std::string> cname_problem(const dns::ZoneRecord& cname) const;
  void remove_cname(const dns::ZoneRecord& cname);
  RecordNode& node(const dns::Name& name);

  NameMap<RecordNode> nodes_;  ///< all names above one with records are there, too
  std::vector<RecordProblem> problems_;
};

}  // namespace sluice::local
