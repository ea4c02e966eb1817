#include "tests/scenario/fleet/crowd.h"

namespace sluice::fleet {

Crowd::Crowd(const Scene& scene, std::vector<std::uint32_t> hosts, Network& network,
             EventQueue<Event>& events)
    : scene_{scene}, network_{network}, events_{events} {
  for (std::uint32_t place = 0; place < hosts.size(); ++place) {
    hosts_.push_back({hosts[place], scene.workload.random_of(hosts[place])});
    schedule(place, false, scene.start);
    if (scene.workload.is_batch_host(hosts[place]))
      schedule(place, true, scene.start + scene.workload.warm_up);
  }
}

void Crowd::schedule(std::uint32_t host, bool is_batch, TimePoint now) {
  const Workload& workload = scene_.workload;
  const double rate =
      is_batch ? workload.batch_rate_of(hosts_[host].number) : workload.lookups_per_second;
  const TimePoint at = now + next_gap(rate, hosts_[host].random);
  if (at < scene_.start + workload.warm_up + workload.measured + workload.tail)
    events_.add(at, LookupDue{host, is_batch});
}

void Crowd::on_lookup_due(const LookupDue& due, TimePoint now) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(lookups_.size()));
    lookups_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Random& random = hosts_[due.host].random;
  Lookup& lookup = lookups_[slot];
  lookup.host = due.host;
  lookup.name = due.is_batch ? LookupName::reverse(static_cast<std::uint32_t>(random.next()))
                             : scene_.popularity.draw(random);
  lookup.started = now;
  lookup.tries = 0;
  lookup.is_batch = due.is_batch;
  lookup.is_decided = false;
  ask(slot, now);
  schedule(due.host, due.is_batch, now);
}

void Crowd::ask(std::uint32_t slot, TimePoint now) {
  Lookup& lookup = lookups_[slot];
  ++lookup.tries;
  const bool is_fresh = habit_of(lookup).retransmission == lab::Habit::Retransmission::fresh_query;
  const Ticket ticket{slot, lookup.generation};
  network_.send({.ticket = ticket,
                 .host = hosts_[lookup.host].number,
                 .id = static_cast<std::uint16_t>(is_fresh ? lookup.tries : 1),
                 .name = lookup.name},
                now);
  static_assert(lab::kGlibc.timeout == lab::kBatchJob.timeout);
  events_.add_in_order(now + habit_of(lookup).timeout, TryOver{ticket, lookup.tries});
}

void Crowd::on_reply(const ReplyArrives& reply, TimePoint now) {
  Lookup* lookup = find(reply.ticket);
  if (lookup == nullptr) return;
  if (reply.is_success) {
    decide(*lookup, now - lookup->started <= habit_of(*lookup).patience, now);
    return close(reply.ticket.slot);
  }
  if (const auto pause = habit_of(*lookup).again_after_failure(lookup->tries)) {
    events_.add(now + *pause, AskAgain{reply.ticket});
    return;
  }
  decide(*lookup, false, now);
  close(reply.ticket.slot);
}

void Crowd::on_try_over(const TryOver& over, TimePoint now) {
  Lookup* lookup = find(over.ticket);
  if (lookup == nullptr || lookup->tries != over.tries) return;
  const bool is_last = !habit_of(*lookup).again_after_timeout(lookup->tries);
  if (is_last || now - lookup->started >= habit_of(*lookup).patience) decide(*lookup, false, now);
  if (is_last) return close(over.ticket.slot);
  ask(over.ticket.slot, now);  // also when it is too late for us: the stub resolver does
}

void Crowd::on_ask_again(const AskAgain& again, TimePoint now) {
  if (find(again.ticket) != nullptr) ask(again.ticket.slot, now);
}

/// A look-up is decided once; those of the warm-up and of the tail do not count.
void Crowd::decide(Lookup& lookup, bool is_found, TimePoint now) {
  const Workload& workload = scene_.workload;
  const TimePoint since = scene_.start + workload.warm_up;
  if (lookup.is_decided || lookup.started < since || lookup.started >= since + workload.measured)
    return;
  lookup.is_decided = true;
  Tally& tally = scene_.tally;
  if (lookup.is_batch) {
    if (!VpcInterface::has_name(lookup.name)) return;
    ++tally.batch_asked;
    if (is_found) ++tally.batch_answered;
    return;
  }
  ++tally.all_hosts.asked;
  if (!is_found) ++tally.all_hosts.lost;
  if (is_found) tally.latencies.add(now - lookup.started);
  if (!workload.is_batch_host(hosts_[lookup.host].number)) return;
  ++tally.batch_hosts.asked;
  if (!is_found) ++tally.batch_hosts.lost;
}

void Crowd::close(std::uint32_t slot) {
  ++lookups_[slot].generation;
  free_.push_back(slot);
}

Crowd::Lookup* Crowd::find(Ticket ticket) noexcept {
  Lookup& lookup = lookups_[ticket.slot];
  return lookup.generation == ticket.generation ? &lookup : nullptr;
}

}  // namespace sluice::fleet
