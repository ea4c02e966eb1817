#include "policy/client_limit.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>

#include "policy/gcra.h"
#include "resolver/base/prefix.h"

namespace sluice::policy {
namespace {

constexpr TimePoint at(Duration::rep word) noexcept { return TimePoint{Duration{word}}; }
constexpr Duration::rep word_of(TimePoint time) noexcept { return time.time_since_epoch().count(); }

// The words guard nothing but themselves: nobody reads other memory by what they say.
constexpr auto kOrder = std::memory_order_relaxed;

std::uint64_t hash(const Address& client, HashKey key) noexcept {
  return Endpoint{client_network(client), 0}.hash(key);
}

}  // namespace

// calloc() takes so much from the kernel directly, as pages that exist once they are written to;
// a word of 0 is a full bucket.
ClientLimit::ClientLimit(HashKey key)
    : key_{key},
      words_{static_cast<Duration::rep*>(std::calloc(kRows * kRowSize, sizeof(Duration::rep)))} {
  if (words_ == nullptr) throw std::bad_alloc{};
}

void ClientLimit::set(std::uint32_t rate, std::uint32_t burst) noexcept {
  const std::uint64_t limit = rate == 0 ? 0 : std::uint64_t{rate} << 32 | std::max(burst, 1U);
  if (limit_.exchange(limit, kOrder) == limit) return;
  // By another rule a word may be further ahead than any bucket of this one, and would refuse its
  // client for as long. Reading does not make a page of one that was never written to.
  for (std::size_t i = 0; i < kRows * kRowSize; ++i)
    if (Word word{words_[i]}; word.load(kOrder) != 0) word.store(0, kOrder);
}

bool ClientLimit::conforms(const Address& client, TimePoint now) noexcept {
  const std::uint64_t limit = limit_.load(kOrder);
  if (limit == 0) return true;
  const Gcra rule{{.rate = static_cast<std::uint32_t>(limit >> 32),
                   .burst = static_cast<std::uint32_t>(limit)}};
  const std::uint64_t bits = hash(client, key_);
  const std::array<Word, kRows> words{Word{words_[bits % kRowSize]},
                                      Word{words_[kRowSize + (bits >> 32) % kRowSize]}};

  const auto take = [&](const Word& word) noexcept {
    Duration::rep before = word.load(kOrder);
    std::optional<TimePoint> after;
    do {
      after = rule.take(at(before), 1, now);
      if (!after) return false;
    } while (!word.compare_exchange_weak(before, word_of(*after), kOrder));
    return true;
  };
  // Never beyond an empty bucket, or those who share the word would pay for each other's queries
  // long after. The client's own bucket cannot be further ahead, either.
  const auto charge = [&](const Word& word) noexcept {
    Duration::rep before = word.load(kOrder);
    TimePoint after;
    do after = std::max(at(before), std::min(rule.charge(at(before), 1, now), rule.empty(now)));
    while (!word.compare_exchange_weak(before, word_of(after), kOrder));
  };
  if (take(words[0])) {
    charge(words[1]);
    return true;
  }
  if (!take(words[1])) return false;
  charge(words[0]);
  return true;
}

}  // namespace sluice::policy
