#pragma once

#include <span>
#include <vector>

#include "tests/lab/habit.h"
#include "tests/scenario/fleet/network.h"
#include "tests/scenario/fleet/tally.h"
#include "tests/scenario/fleet/workload.h"

namespace sluice::fleet {

/// The clients on some hosts: people, whose stub resolver is glibc's, and the batch job, which asks
/// for each address up to five times. Counts what becomes of the look-ups that are measured.
class Crowd {
 public:
  /// What all crowds of a fleet have in common; outlives them.
  struct Scene {
    const Workload& workload;
    const NamePopularity& popularity;
    TimePoint start{};
    Tally& tally;
  };

  /// `hosts` are numbers within the fleet.
  Crowd(const Scene& scene, std::vector<std::uint32_t> hosts, Network& network,
        EventQueue<Event>& events);

  void on_lookup_due(const LookupDue& due, TimePoint now);
  void on_reply(const ReplyArrives& reply, TimePoint now);
  void on_try_over(const TryOver& over, TimePoint now);
  void on_ask_again(const AskAgain& again, TimePoint now);

 private:
  struct Host {
    std::uint32_t number;
    Random random;
  };
  struct Lookup {
    std::uint32_t host = 0;  ///< place in hosts_
    LookupName name = LookupName::ordinary(0);
    TimePoint started{};
    std::uint32_t generation = 0;
    std::uint32_t tries = 0;
    bool is_batch = false;
    bool is_decided = false;
  };

  void schedule(std::uint32_t host, bool is_batch, TimePoint now);
  void ask(std::uint32_t slot, TimePoint now);
  void decide(Lookup& lookup, bool is_found, TimePoint now);
  void close(std::uint32_t slot);
  /// The look-up that the ticket stands for; nullptr if it is over.
  [[nodiscard]] Lookup* find(Ticket ticket) noexcept;
  [[nodiscard]] static const lab::Habit& habit_of(const Lookup& lookup) noexcept {
    return lookup.is_batch ? lab::kBatchJob : lab::kGlibc;
  }

  const Scene& scene_;
  std::vector<Host> hosts_;
  Network& network_;
  EventQueue<Event>& events_;
  std::vector<Lookup> lookups_;
  std::vector<std::uint32_t> free_;
};

}  // namespace sluice::fleet
