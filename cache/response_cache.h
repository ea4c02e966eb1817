#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/guarded.h"
#include "resolver/base/hash.h"
#include "resolver/dns/question.h"

namespace sluice::cache {

class CacheShard;

/// Whether an entry is within its TTL (RFC 8767 calls what is past it stale).
enum class Freshness : std::uint8_t { fresh, stale };

/// What lookup() copied out.
struct Hit {
  std::size_t size = 0;  ///< octets written to `out`
  Freshness freshness = Freshness::fresh;
  Duration remaining{};      ///< of the TTL; zero if stale
  bool refresh_due = false;  ///< it is in use and about to expire: ask again in the background
};

/// What peek() copied out.
struct Glance {
  std::size_t size = 0;  ///< octets written to `out`
  Freshness freshness = Freshness::fresh;
  Duration age{};
  std::chrono::seconds ttl{};
};

/// What becomes of entries near the end of their TTL and past it.
struct Ageing {
  std::chrono::seconds max_stale{0};  ///< how long past its TTL an entry is returned; 0 = never
  bool prefetch = false;              ///< whether refresh_due is ever set
  bool operator==(const Ageing&) const = default;
};

/// A response as it is stored: wire form, its question first, without OPT.
struct StoredResponse {
  std::span<const std::byte> message;          ///< at most 65,535 octets
  std::span<const std::uint16_t> ttl_offsets;  ///< every TTL field of the message, none twice
  std::chrono::seconds ttl{};                  ///< how long it is fresh, 1 s to 2^31 - 1 s
};

/// An entry as it is shown to people and to sweeps. The views are valid during the call.
struct EntryView {
  dns::LookupKey key;
  std::span<const std::byte> message;  ///< as it was stored, its TTLs not aged
  Duration age{};                      ///< since it was stored
  std::chrono::seconds ttl{};
  bool is_usable = false;  ///< fresh, or stale and not too old
  std::size_t octets = 0;  ///< of memory that it takes
};

/// Sums over all shards, for metrics. Each number is exact; together they are a moment apart.
struct CacheStats {
  std::uint64_t entries = 0;         ///< past their TTL or not
  std::uint64_t bytes = 0;           ///< in use, the index included; never above max_bytes
  std::uint64_t max_bytes = 0;       ///< as configured
  std::uint64_t evictions = 0;       ///< thrown out for room, fresh or not
  std::uint64_t live_evictions = 0;  ///< of these, still fresh: the sign of a cache too small
  std::uint64_t rejected = 0;        ///< responses larger than a shard can hold
};

/// Whole responses by question, in wire form, shared by all threads.
///
/// One byte budget for everything: keys, index, bookkeeping and allocator overhead included.
/// Eviction is SIEVE (Zhang et al., NSDI 2024): a hit sets one bit, the hand evicts what has not
/// been hit. Does not decide what may be stored (dns/cacheability.h) and does not shape replies
/// (dns/writer.h).
///
/// Thread-safe: one mutex per shard, held only to find an entry and to copy it. lookup() never
/// allocates. Bound: `max_bytes`; less than kMinBytes, 0 for one, turns the cache off.
class ResponseCache {
 public:
  static constexpr std::size_t kMinBytes = 256;
  /// TTL of every record in a stale copy (RFC 8767 section 4).
  static constexpr std::uint32_t kStaleTtl = 30;
  /// refresh_due in the last so-and-so part of the TTL.
  static constexpr int kRefreshPart = 10;
  static constexpr std::size_t kMaxShards = 16;
  /// The budget is split into no smaller shards than this, so that the largest response fits.
  static constexpr std::size_t kMinShardBytes = 128 << 10;

  /// `hash_key` keys the hash of every question; hash() below is what lookup and store expect.
  ResponseCache(std::size_t max_bytes, HashKey hash_key);
  ~ResponseCache();

  [[nodiscard]] std::uint64_t hash(const dns::LookupKey& key) const noexcept {
    return key.hash(hash_key_);
  }

  /// Copies the response for `key` into `out`, its TTLs aged to `now` and never below 1, or all
  /// kStaleTtl if it is stale. nullopt if nothing fresh or stale is stored or `out` is too small.
  /// The message ID in it means nothing. refresh_due is set at most once for each store(), in the
  /// last part of the TTL of an entry that was looked up before.
  [[nodiscard]] std::optional<Hit> lookup(const dns::LookupKey& key, std::uint64_t hash,
                                          TimePoint now, std::span<std::byte> out) noexcept;

  /// The same for who only wants to know: leaves the entry as unused as it was, its TTLs as they
  /// were stored.
  [[nodiscard]] std::optional<Glance> peek(const dns::LookupKey& key, std::uint64_t hash,
                                           TimePoint now, std::span<std::byte> out) noexcept;

  /// Stores a copy of a response, replacing what is there for `key`, and evicts until it fits. TTLs
  /// in it that are less than response.ttl are raised to it. A response too large to fit is counted
  /// as rejected; what was there for `key` is gone all the same.
  void store(const dns::LookupKey& key, std::uint64_t hash, const StoredResponse& response,
             TimePoint now);

  /// For all entries, those already stored among them. Nothing is stale or prefetched before.
  void set_ageing(const Ageing& ageing) noexcept;

  /// Removes everything. Not counted as evictions.
  void clear() noexcept;

  /// What a sweep() is to do with an entry it has been shown.
  enum class Fate : std::uint8_t { keep, remove };
  using Visit = std::function<Fate(const EntryView&)>;
  /// How far a sweep has come.
  struct Sweep {
    std::size_t shard = 0;
    std::size_t bucket = 0;
  };
  /// Buckets looked through in one step, about a millisecond's work: so long a hit may have to
  /// wait for the shard.
  static constexpr std::size_t kSweepBuckets = 2'048;
  /// One step of going through the whole cache: shows `visit` every entry and removes those that it
  /// does not want to keep, which are not counted as evictions. False when it was the last step.
  /// What is stored meanwhile may be missed. `visit` runs under the shard's lock: it must be quick,
  /// and must not use the cache.
  [[nodiscard]] bool sweep(Sweep& at, TimePoint now, const Visit& visit);

  [[nodiscard]] CacheStats stats() const;

 private:
  using SharedShard = Guarded<CacheShard>;

  [[nodiscard]] SharedShard& shard_for(std::uint64_t hash) const noexcept;

  std::size_t max_bytes_;
  HashKey hash_key_;
  std::vector<std::unique_ptr<SharedShard>> shards_;  // constant after construction; empty if off
};

}  // namespace sluice::cache
