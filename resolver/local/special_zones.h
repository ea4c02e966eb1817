#pragma once

#include <cstddef>
#include <optional>

#include "resolver/dns/reply.h"
#include "resolver/local/answer_writer.h"
#include "resolver/local/covering.h"
#include "resolver/local/special_use.h"
#include "resolver/local/suffixes.h"

namespace sluice::local {

struct SpecialZone;

/// Where a name is special: the zone, and where its name begins in the name.
struct SpecialMatch {
  const SpecialZone* zone = nullptr;
  std::size_t offset = 0;
  std::size_t labels = 0;  ///< of the zone's name
};

/// The zones of those special uses that are answered here.
///
/// Immutable. find() and write() never allocate.
class SpecialZones {
 public:
  SpecialZones(const SpecialUses& uses, HashKey key);

  /// The closest special-use zone at or above the name; nullopt if there is none, or it yields to
  /// the zone rule that covers the name.
  [[nodiscard]] std::optional<SpecialMatch> find(const Suffixes& name, dns::Type type,
                                                 const Covering& covering) const noexcept;
  /// Writes the answer, and says why it is negative if it is.
  [[nodiscard]] static std::optional<dns::Ede> write(const SpecialMatch& match, dns::Type type,
                                                     AnswerWriter& out) noexcept;

 private:
  NameMap<const SpecialZone*> zones_;
};

}  // namespace sluice::local
