#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/dns/constants.h"
#include "tests/lab/workload.h"

namespace sluice::lab {

enum class Outcome : std::uint8_t {
  answered,    ///< NOERROR or NXDOMAIN within the client's patience
  failed,      ///< SERVFAIL or another error at the last try
  silent,      ///< no reply to the last try
  late,        ///< answered when nobody waited any more
  unfinished,  ///< the run ended first
};

/// What its last reply told a client, apart from the records.
struct ReplyCodes {
  std::uint16_t rcode = 0;
  std::optional<std::uint16_t> ede{};  ///< the first extended DNS error (RFC 8914)
};

/// The codes of a well-formed response; of any other message the header's RCODE alone.
[[nodiscard]] ReplyCodes reply_codes(std::span<const std::byte> reply) noexcept;

/// One look-up from its first try to its end.
struct EndedLookup {
  std::int64_t asked_ns = 0;  ///< CLOCK_REALTIME, like ArrivalRecord's times
  Duration took{0};
  std::uint64_t number = 0;
  LookupKind kind{};
  Outcome outcome{};
  std::optional<ReplyCodes> last_reply{};
};

/// Every look-up in the order of ending. Bound: `capacity`; more are counted as unrecorded().
class LookupRecord {
 public:
  explicit LookupRecord(std::size_t capacity) : capacity_{capacity} {}

  void add(const EndedLookup& lookup);
  [[nodiscard]] std::span<const EndedLookup> lookups() const noexcept { return lookups_; }
  [[nodiscard]] std::uint64_t unrecorded() const noexcept { return unrecorded_; }

  /// One line each: asked_ns,took_us,kind,number,outcome,rcode,ede.
  void write_csv(std::ostream& out) const;

 private:
  std::size_t capacity_;
  std::vector<EndedLookup> lookups_;
  std::uint64_t unrecorded_ = 0;
};

}  // namespace sluice::lab
