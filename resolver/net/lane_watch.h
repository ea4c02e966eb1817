#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/foreign_packets.h"
#include "policy/packet_budget.h"
#include "policy/rate_control.h"
#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/net/allowance_source.h"
#include "resolver/net/packet_tap.h"

namespace sluice::net {

/// One lane of a budget: what leaves by one interface, or by those that the routes choose.
struct WatchedLane {
  std::string name;                                      ///< of the budget, for the log
  std::vector<std::string> interfaces;                   ///< by which its packets leave
  std::vector<Endpoint> servers;                         ///< that it pays for
  policy::PacketBudget* budget = nullptr;                ///< outlives the watch
  std::shared_ptr<AllowanceSource> allowance = nullptr;  ///< null: nobody counts drops
  bool counts_others = true;
};

/// What is known of a lane.
struct LaneReport {
  bool is_counting = false;             ///< this process counts and charges others' packets
  std::string reason;                   ///< why it does not, in a line; empty if it does
  std::uint64_t foreign_packets = 0;    ///< charged by this process so far
  std::uint64_t allowance_dropped = 0;  ///< packets that the allowance counter says were lost
  /// The same by the counters of other allowances, in the order of Allowance.
  std::array<std::uint64_t, static_cast<std::size_t>(Allowance::count_)> others_dropped{};
  std::uint64_t cuts = 0;          ///< of the rate, by this process
  std::uint32_t permille = 1'000;  ///< of the configured rate that all sharers may use
};

/// Watches one lane for all processes that share its budget: charges what others send through the
/// interface, and lowers the rate when the network says it drops.
///
/// One of the sharers does so: the holder of the budget file's lock. All follow the allowance
/// counter, so that whoever takes over goes on where the last one was. A process that can neither
/// count nor read that counter leaves the lock to others.
///
/// Decides nothing about packets (policy::ForeignPackets) or rates (policy::RateControl). Reads no
/// clock. Thread-confined to the engine's loop, as the budget is.
class LaneWatch {
 public:
  explicit LaneWatch(WatchedLane lane);
  ~LaneWatch();
  LaneWatch(const LaneWatch&) = delete;
  LaneWatch& operator=(const LaneWatch&) = delete;

  /// The same budget after a reload or a change of interfaces. Counting goes on undisturbed if the
  /// interfaces and servers are the same.
  void change(WatchedLane lane);

  /// Takes up the watch if nobody has it, and reads the allowance counter. Once a second.
  void on_second(TimePoint now);
  /// Charges what others have sent since the last poll. True if any packet has left meanwhile.
  bool poll(TimePoint now);

  [[nodiscard]] const policy::PacketBudget* budget() const noexcept { return lane_.budget; }
  [[nodiscard]] LaneReport report() const;

 private:
  /// What taps are opened for; they are opened anew when it changes.
  struct Route {
    std::vector<std::string> interfaces;
    std::vector<unsigned> indexes;  // an interface that was replaced keeps its name only
    std::vector<Destination> destinations;
    bool operator==(const Route&) const = default;
  };

  [[nodiscard]] Route route() const;
  void hold(bool has_counter, TimePoint now);
  void note_others();
  void open_taps();
  void close_taps(std::string reason);
  [[nodiscard]] policy::ForeignPackets::Counts counts();
  void log_changes();

  WatchedLane lane_;
  Route route_;
  std::vector<PacketTap> taps_;
  std::optional<policy::ForeignPackets> foreign_;  // while counting
  policy::ForeignPackets::Counts last_;
  policy::RateControl control_;
  OtherAllowances last_others_;
  decltype(LaneReport::others_dropped) others_dropped_{};
  std::string reason_;
  std::uint64_t foreign_packets_ = 0;

  std::optional<std::string> logged_reason_;
  bool logged_cut_ = false;
};

}  // namespace sluice::net
