#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/lab/arrival_record.h"

namespace sluice::lab {

/// From one time to just before another; both 0: none.
struct TimeWindow {
  std::int64_t from_ns = 0;  ///< CLOCK_REALTIME
  std::int64_t until_ns = 0;

  [[nodiscard]] constexpr bool contains(std::int64_t at_ns) const noexcept {
    return at_ns >= from_ns && at_ns < until_ns;
  }
  [[nodiscard]] constexpr bool is_empty() const noexcept { return from_ns == until_ns; }
};

/// What reached the emulated resolver while nobody answered there.
struct SilenceSummary {
  TimeWindow window;
  std::uint64_t packets = 0;
  std::uint64_t distinct_questions = 0;
  std::uint64_t worst_1s = 0;

  [[nodiscard]] double mean_per_second() const noexcept;
};

/// The DNS messages themselves, without the headers of lower layers. A query that was dropped or
/// lost counts; a reply counts when it is given to the network.
struct MessageSummary {
  std::uint64_t queries = 0;
  std::uint64_t query_octets = 0;
  std::uint64_t reply_octets = 0;
  std::map<std::string, std::uint64_t> replies;  ///< by RCODE as in DNS texts; "other"

  void count_reply(std::span<const std::byte> message);
};

/// What reached the emulated resolver, as a sender's operator would count it.
struct ArrivalSummary {
  struct ByZone {
    std::string zone;
    std::string behaviour;
    std::uint64_t packets = 0;
    std::uint64_t dropped = 0;
    std::uint64_t distinct_questions = 0;
  };

  std::uint64_t packets = 0;  ///< those that were dropped or lost included
  std::uint64_t udp_packets = 0;
  std::uint64_t tcp_packets = 0;  ///< segments, as far as they were visible
  std::uint64_t dropped = 0;      ///< over the limit
  std::uint64_t lost = 0;         ///< by a zone's loss setting
  std::uint64_t distinct_questions = 0;
  std::uint64_t worst_1ms = 0;  ///< most packets in any window of this length, dropped ones, too
  std::uint64_t worst_10ms = 0;
  std::uint64_t worst_100ms = 0;
  std::uint64_t worst_1s = 0;
  double seconds = 0;                   ///< from the first packet to the last
  std::uint64_t unrecorded = 0;         ///< packets beyond the record's bound, counted nowhere else
  std::uint32_t receive_overflows = 0;  ///< lost by this host: not 0 means the run is invalid
  std::uint32_t limit = 0;              ///< packets per second, 0 = none
  std::vector<ByZone> zones;            ///< those that saw a packet
  SilenceSummary silence;
  MessageSummary messages;

  [[nodiscard]] double packets_per_question() const noexcept;
};

[[nodiscard]] ArrivalSummary summarise(const ArrivalRecord& record,
                                       std::span<const ZoneBehaviour> zones);

[[nodiscard]] SilenceSummary summarise_silence(const ArrivalRecord& record,
                                               const TimeWindow& window);

[[nodiscard]] nlohmann::json to_json(const ArrivalSummary& summary);
/// A few lines for people.
[[nodiscard]] std::string to_text(const ArrivalSummary& summary);

}  // namespace sluice::lab
