// Waiting for a packet: which place a question takes in the admission queue of its budget, and what
// happens when packets are there, or the servers are silent.
#include <algorithm>

#include "resolver/domain.h"
#include "resolver/query_engine.h"
#include "resolver/server_choice.h"

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ZoneMetric;
using policy::AdmissionQueue;
using Band = AdmissionQueue::Band;
using Purpose = InFlight::Purpose;

/// How soon to look again for a free exchange slot when all are taken.
constexpr Duration kSlotRetry = std::chrono::milliseconds{10};

/// A client is an IPv4 address or the 64 bits of an IPv6 network: its host has the others to choose
/// from.
std::uint64_t hash_of_client(const Address& address, HashKey key) noexcept {
  SipHasher hasher{key};
  const std::size_t size = address.family == Address::Family::ipv6 ? 8 : 4;
  hasher.add(std::as_bytes(std::span{address.bytes}.first(size)));
  return hasher.finish();
}

std::uint64_t hash_of_domain(const dns::Name& name, std::size_t rule_labels, HashKey key) noexcept {
  SipHasher hasher{key};
  hasher.add(domain_of(name, rule_labels));
  return hasher.finish();
}

}  // namespace

void QueryEngine::enqueue(Index index, Attempt attempt, TimePoint now, ActionList& out) {
  place(index, attempt, now);
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  Gate& gate = *routing_.gates()[rule.gate];
  pump(gate, now, out);
  if (!gate.queue.contains(index)) return;
  rule.counters->add(ZoneMetric::waits);
  record_waiting(question, now);
  // What waits for a silent server would find a packet.
  if (!rule.is_silent) gate.counters->add(metric_of(BudgetMetric::waits_first_try, question.band));
  note_queue(gate, question);
}

void QueryEngine::place(Index index, Attempt attempt, TimePoint now) noexcept {
  InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const AdmissionQueue::Entry entry = entry_for(index, attempt, now);
  question.state = InFlight::State::waiting;
  question.queued_since = now;
  question.band = entry.band;
  routing_.gates()[rule.gate]->queue.push(entry);
  const bool may_wait_long = rule.is_silent || question.waiter_count == 0;
  table_.set_try_deadline(index, may_wait_long ? question.deadline : now + rule.max_wait);
}

AdmissionQueue::Entry QueryEngine::entry_for(Index index, Attempt attempt, TimePoint now) noexcept {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const dns::Name& name = question.key.question.name;
  AdmissionQueue::Entry entry{.item = index,
                              .klass = question.rule,
                              .band = attempt == Attempt::first ? Band::first_try : Band::retry,
                              .client = 0,
                              .subtree = hash_of_domain(name, rule.labels, flow_key_),
                              .price = price_of(question),
                              .since = now};
  if (rule.is_silent) return entry;  // all of them wait for the probe
  if (question.waiter_count == 0) {
    entry.band = question.purpose == Purpose::prefetch ? Band::prefetch : Band::refresh;
    return entry;
  }
  entry.client = hash_of_client(table_.first_waiter(index).client.client.address, flow_key_);
  const auto verdict = subtrees_.judge(name, rule.labels, now);
  if (verdict.probability > 0 && random_.fraction() < verdict.probability) {
    entry.band = Band::penalty;
    entry.subtree = verdict.id;
    rule.counters->add(ZoneMetric::penalised);
  }
  return entry;
}

void QueryEngine::dequeue(Index index, TimePoint now) noexcept {
  InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  Gate& gate = *routing_.gates()[rule.gate];
  gate.queue.remove(index);
  const Duration waited = now - question.queued_since;
  rule.counters->raise(ZoneMetric::queue_oldest_ms,
                       static_cast<std::uint64_t>(waited / std::chrono::milliseconds{1}));
  gate.counters->observe(wait_of(question.band), waited);
  if (waited > Duration::zero()) question.spending.add({.waits = 1, .waited = waited});
  note_queue(gate, question);
}

void QueryEngine::note_queue(const Gate& gate, const InFlight& question) noexcept {
  auto& counters = *routing_.rule(question.rule).counters;
  const std::size_t depth = gate.queue.size(question.rule);
  counters.set(ZoneMetric::queue_depth, depth);
  counters.raise(ZoneMetric::queue_depth_max, depth);
  gate.counters->set(metric_of(BudgetMetric::depth_first_try, question.band),
                     gate.queue.size(question.band));
}

/// The longest queue gives up one of its questions.
void QueryEngine::make_room(TimePoint now, ActionList& out) {
  const auto& gates = routing_.gates();
  const auto longest = std::max_element(
      gates.begin(), gates.end(),
      [](const auto& a, const auto& b) { return a->queue.size() < b->queue.size(); });
  if (const auto victim = (*longest)->queue.shed_candidate())
    shed(victim->item, ShedReason::queue_full, now, out);
}

std::uint32_t QueryEngine::price_of(const InFlight& question) const noexcept {
  if (question.transport == Transport::udp) return 1;
  const Endpoint& server = routing_.rule(question.rule).paths[question.server].server;
  const auto account = tcp_accounts_.find(server);
  const bool is_open = account != tcp_accounts_.end() && account->second.is_open;
  return is_open ? kOpenConnectionPrice : kNewConnectionPrice;
}

void QueryEngine::pump(Gate& gate, TimePoint now, ActionList& out) {
  gate.retry_at = kNever;
  pump_probes(gate, now, out);
  while (const auto entry = gate.queue.front(now, gate.supply(now))) {
    if (!aim(entry->item, now, out)) continue;
    const auto lane = take_packets(gate, entry->price, now);
    if (!lane) return;
    gate.queue.pop(now);
    dequeue(entry->item, now);
    start_exchange(entry->item, *lane, now, out);
  }
  if (gate.queue.size(Band::refresh) + gate.queue.size(Band::prefetch) > 0)
    gate.retry_at = std::min(gate.retry_at, now + std::max(gate.spare_after(now), Duration{1}));
}

/// Of each rule whose servers are silent, one question at a time is sent.
void QueryEngine::pump_probes(Gate& gate, TimePoint now, ActionList& out) {
  for (const RuleIndex index : silent_rules_) {
    const Rule& rule = routing_.rule(index);
    if (routing_.gates()[rule.gate].get() != &gate) continue;
    auto entry = gate.queue.candidate(index, now);
    while (entry && is_probe_due(rule, now)) {
      if (aim(entry->item, now, out)) {
        const auto lane = take_packets(gate, entry->price, now);
        if (!lane) return;
        dequeue(entry->item, now);
        start_exchange(entry->item, *lane, now, out);
      }
      entry = gate.queue.candidate(index, now);
    }
    if (entry) gate.retry_at = std::min(gate.retry_at, next_probe(rule));
  }
}

/// Points the question at the server that it is to be sent to now. False if there is none: then it
/// has left its place in the queue.
bool QueryEngine::aim(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  if (question.transport == Transport::tcp) return true;
  const Rule& rule = routing_.rule(question.rule);
  if (const auto server = choose_server(question, rule, now, random_)) {
    question.server = *server;
    return true;
  }
  dequeue(index, now);
  // One that cannot be the probe although that is due would keep others from being it.
  if (rule.is_silent && waits_for_recovery(question, rule) && !is_probe_due(rule, now))
    place(index, question.tries == 0 ? Attempt::first : Attempt::again, now);
  else
    wait_for_late_answers(index, now, out);
  return false;
}

/// The lane that pays. nullopt if none can, or nothing more may be open: then gate.retry_at says
/// when to look again.
std::optional<std::uint16_t> QueryEngine::take_packets(Gate& gate, std::uint32_t price,
                                                       TimePoint now) noexcept {
  if (exchanges_.size() == exchanges_.capacity()) {
    gate.retry_at = std::min(gate.retry_at, now + kSlotRetry);
    return std::nullopt;
  }
  const auto lane = gate.take(price, now);
  if (!lane) {
    const Duration wait = std::max(gate.retry_after(price, now), Duration{1});
    gate.retry_at = std::min(gate.retry_at, now + wait);
  }
  return lane;
}

/// Holds back the questions of a rule once all its servers are silent, and lets them go with the
/// first answer.
void QueryEngine::update_silence(RuleIndex index, TimePoint now, ActionList& out) {
  Rule& rule = routing_.rule(index);
  probe_for_loops(index, now, out);
  const bool is_silent = std::all_of(rule.paths.begin(), rule.paths.end(),
                                     [](const Path& path) { return path.breaker.is_open(); });
  if (is_silent == rule.is_silent) return;
  rule.is_silent = is_silent;
  Gate& gate = *routing_.gates()[rule.gate];
  if (is_silent) {
    gate.queue.hold(index);
    silent_rules_.push_back(index);
    return;
  }
  rule.recovered_at = now;
  gate.queue.release(index);
  std::erase(silent_rules_, index);
  pump(gate, now, out);
}

}  // namespace sluice
