#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/dns/question.h"
#include "tests/lab/answer.h"
#include "tests/lab/zone_behaviour.h"

namespace sluice::lab {

/// What became of a packet that reached the emulated resolver.
enum class Fate : std::uint8_t {
  passed,
  dropped,  ///< over the interface's limit
  lost,     ///< by the zone's loss setting
};

inline constexpr std::uint32_t kNoQuestion = ~std::uint32_t{0};
inline constexpr std::uint16_t kNoZone = 0xffff;

/// One packet: a UDP datagram or a TCP segment.
struct Arrival {
  std::int64_t at_ns = 0;                ///< CLOCK_REALTIME
  std::uint32_t question = kNoQuestion;  ///< index into ArrivalRecord::questions()
  std::uint16_t zone = kNoZone;
  Transport transport = Transport::udp;
  Fate fate = Fate::passed;
};

/// Every packet that arrived, in the order of reading, and every distinct question.
///
/// Bound: `capacity` arrivals and as many questions; what comes after is counted as unrecorded().
class ArrivalRecord {
 public:
  explicit ArrivalRecord(std::size_t capacity) : capacity_{capacity} {}

  /// The index of `question`, which is new or was asked before; kNoQuestion if the record is full.
  [[nodiscard]] std::uint32_t intern(const dns::Question& question, std::uint16_t zone);
  void add(const Arrival& arrival);

  [[nodiscard]] std::span<const Arrival> arrivals() const noexcept { return arrivals_; }
  [[nodiscard]] std::size_t question_count() const noexcept { return questions_.size(); }
  [[nodiscard]] dns::Question question(std::uint32_t index) const;
  [[nodiscard]] std::uint16_t zone_of(std::uint32_t question) const { return zones_[question]; }
  [[nodiscard]] std::uint64_t unrecorded() const noexcept { return unrecorded_; }

  /// One line for each packet: arrival_ns,transport,fate,zone,name,type.
  void write_csv(std::ostream& out, std::span<const ZoneBehaviour> zones) const;

 private:
  std::size_t capacity_;
  std::vector<Arrival> arrivals_;
  std::unordered_map<std::string, std::uint32_t> index_;  // key: wire form of name, type, class
  std::vector<const std::string*> questions_;             // keys of index_, which never move
  std::vector<std::uint16_t> zones_;
  std::uint64_t unrecorded_ = 0;
};

}  // namespace sluice::lab
