#include "resolver/in_flight.h"

#include <algorithm>

namespace sluice {

InFlightTable::InFlightTable(std::size_t max_questions, std::size_t max_waiters, HashKey hash_key)
    : hash_key_{hash_key},
      questions_{max_questions},
      by_key_{questions_},
      waiters_{max_waiters},
      by_client_{waiters_},
      deadlines_{max_questions} {}

InFlightTable::Index InFlightTable::find(const dns::LookupKey& key,
                                         std::uint64_t hash) const noexcept {
  return by_key_.find(hash, [&](const InFlight& question) { return question.key == key; });
}

InFlightTable::Index InFlightTable::open(const dns::LookupKey& key, std::uint64_t hash) {
  const auto index = questions_.take();
  if (!index) return kNone;
  questions_[*index].key = key;
  questions_[*index].hash = hash;
  questions_[*index].serial = ++last_serial_;
  by_key_.insert(*index);
  return *index;
}

void InFlightTable::drop_waiters(Index index) noexcept {
  InFlight& question = questions_[index];
  for (Index i = question.first_waiter; i != kNone;) {
    const Index next = waiters_[i].next;
    by_client_.erase(i);
    waiters_.release(i);
    i = next;
  }
  question.first_waiter = question.last_waiter = kNone;
  question.waiter_count = 0;
}

void InFlightTable::close(Index index) noexcept {
  drop_waiters(index);
  deadlines_.erase(index);
  by_key_.erase(index);
  questions_.release(index);
}

bool InFlightTable::has_waiter(const ClientRef& client, std::uint16_t id,
                               std::uint64_t question_hash) const noexcept {
  const std::uint64_t hash = waiter_hash(client, id, question_hash);
  return by_client_.find(hash, [&](const Waiter& waiter) {
    return waiter.shape.id == id && waiter.client == client;
  }) != kNone;
}

bool InFlightTable::join(Index index, const ClientRef& client, const dns::ReplyShape& shape,
                         TimePoint now) {
  const auto slot = waiters_.take();
  if (!slot) return false;
  InFlight& question = questions_[index];
  Waiter& waiter = waiters_[*slot];
  waiter.client = client;
  waiter.shape = shape;
  waiter.since = now;
  waiter.hash = waiter_hash(client, shape.id, question.hash);
  by_client_.insert(*slot);
  if (question.last_waiter == kNone)
    question.first_waiter = *slot;
  else
    waiters_[question.last_waiter].next = *slot;
  question.last_waiter = *slot;
  ++question.waiter_count;
  return true;
}

void InFlightTable::set_try_deadline(Index index, TimePoint deadline) noexcept {
  questions_[index].try_deadline = deadline;
  arm(index);
}

void InFlightTable::arm(Index index) noexcept {
  const InFlight& question = questions_[index];
  deadlines_.set(index, std::min({question.try_deadline, question.deadline, question.stale_due}));
}

std::uint64_t InFlightTable::waiter_hash(const ClientRef& client, std::uint16_t id,
                                         std::uint64_t question_hash) const noexcept {
  SipHasher hasher{hash_key_};
  hasher.add(client.client.hash(hash_key_));
  hasher.add(question_hash ^ client.connection);
  hasher.add(std::uint64_t{id} << 16 | client.listener);
  return hasher.finish();
}

}  // namespace sluice
