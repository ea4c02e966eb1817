#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/hash.h"
#include "resolver/dns/question.h"
#include "resolver/dns/reply.h"
#include "resolver/local/covering.h"
#include "resolver/local/rrset.h"
#include "resolver/local/special_use.h"

namespace sluice::local {

class Blocklist;
class HostsTable;
class LocalRecords;

/// Which of our sources an answer came from; for counters and texts.
enum class Source : std::uint8_t {
  record,       ///< data of the configuration
  hosts,        ///< the hosts file
  own_name,     ///< the host's own name, or its gateway
  blocklist,    ///< a list of names, or a response policy zone
  special_use,  ///< built in
};

/// What answer() wrote. The texts are memory of the LocalNames that answered.
struct LocalAnswer {
  std::size_t size = 0;  ///< octets written
  Source source{};
  std::optional<dns::Ede> ede{};
};

/// A name that the host gives itself ("myhost", "_gateway") and its addresses.
struct OwnName {
  dns::Name name;
  std::vector<Address> addresses;
};

/// What LocalNames is made of. A part that is left out (null, empty) answers nothing. Parts are
/// shared, so that a change of one leaves the others as they are; all are made with `hash_key`.
struct Parts {
  HashKey hash_key;
  std::shared_ptr<const LocalRecords> records{};
  std::shared_ptr<const HostsTable> hosts{};
  std::vector<OwnName> own_names{};
  /// In their order of precedence.
  std::vector<std::shared_ptr<const Blocklist>> blocklists{};
  SpecialUses special_use = default_special_uses();
};

/// Names that are answered on the host, without any upstream. In order of precedence:
///
///  1. records of the configuration, then exceptions and data of response policy zones;
///  2. the hosts file;
///  3. the host's own names, unless a zone rule other than the root's covers them;
///  4. blocklists;
///  5. special-use names, unless a zone rule covers them with as many labels or more. The reverse
///     zones of private addresses yield to every rule but the root's, and to an upstream that may
///     serve them.
///
/// An exception takes a name out of 4 alone. Sources 1, 2 and 4 are the operator's explicit word
/// and ask for no zone rule. Questions of a class other than IN (or ANY) are not ours.
///
/// Does not cache: an answer is as cheap as a look into a cache. NXDOMAIN from here speaks for its
/// name alone (a blocked name may have others below it that are not), so it must not be stored
/// where names below it would be answered from it (RFC 8020).
///
/// Immutable; shared between threads by shared_ptr<const LocalNames>.
class LocalNames {
 public:
  explicit LocalNames(Parts parts);
  ~LocalNames();
  LocalNames(const LocalNames&) = delete;
  LocalNames& operator=(const LocalNames&) = delete;

  /// Writes the response in the form in which responses are stored: QR and RA set, the question
  /// folded, the records, no OPT. nullopt: not ours, and `out` is as it was or has been scribbled
  /// on. `out` holds at least kMaxLocalAnswer octets, asserted. Never allocates.
  [[nodiscard]] std::optional<LocalAnswer> answer(const dns::Question& question,
                                                  const Covering& covering,
                                                  std::span<std::byte> out) const noexcept;

  /// Whether answer() would give one: for dropping cached responses when local names change.
  [[nodiscard]] bool covers(const dns::Question& question, const Covering& covering) const noexcept;

 private:
  struct Tables;
  struct Write;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace sluice::local
