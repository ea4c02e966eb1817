#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/base/hash.h"

namespace sluice::policy {

/// How often each client may ask over UDP: a token bucket for each client_network(),
/// in a table of fixed size that all listener threads share.
///
/// A bucket is one word (Gcra), and a client has two of them, one in each row of a count-min
/// sketch (Cormode and Muthukrishnan, 2005), chosen by a keyed hash. A query conforms if either
/// word has a token, and is then charged to both; one that does not conform costs nothing. A word
/// is thus never behind the bucket that the client would have alone, so that
///   - no client gets more than `rate` queries per second on average and `burst` at once, but for
///     one more from each thread that races another for its last token;
///   - a client gets all of that as long as one of its words is its own. Only a client whose two
///     words are both spent by others is mistaken for them.
///
/// What one with many sources (or who forges them) can do: spend words. Who spends those of a
/// share f of each row refuses f * f of the other clients; for all of them that takes the rate of
/// 16,384 clients, each second. It can spend the bucket of an address that it forges. What it
/// cannot: aim at the words of another client, for it does not know the key; get more than its
/// sources' rates for itself; or make the table grow. So what does not conform must not be left
/// without an answer for good: a truncated reply costs the attacker's victim no more octets than
/// the query, and an honest client asks again over TCP, where no source is forged.
///
/// Which clients are exempt (those of this host) is up to the caller.
///
/// Any thread may call anything. No locks, no allocation after construction; 256 KiB, of which
/// only those pages are used that hold a client's word.
class ClientLimit {
 public:
  /// Words in each of the two rows.
  static constexpr std::size_t kRowSize = 16'384;
  static constexpr std::size_t kRows = 2;

  /// Off. `key` comes from the operating system, so that nobody outside can aim at a word.
  explicit ClientLimit(HashKey key);

  /// From now on. A `rate` of 0 turns the limit off; a `burst` of 0 counts as 1. Where this changes
  /// anything, every client starts with a full bucket.
  void set(std::uint32_t rate, std::uint32_t burst) noexcept;

  /// Takes a token of `client` and says whether it had one. Always true while the limit is off.
  [[nodiscard]] bool conforms(const Address& client, TimePoint now) noexcept;

 private:
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };
  using Word = std::atomic_ref<Duration::rep>;
  static_assert(Word::is_always_lock_free);

  HashKey key_;
  std::atomic<std::uint64_t> limit_{0};           // rate << 32 | burst, which belong together
  std::unique_ptr<Duration::rep[], Free> words_;  // theoretical arrival times, row by row
};

}  // namespace sluice::policy
