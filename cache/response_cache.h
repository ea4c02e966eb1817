#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/dns/question.h"

namespace sluice::cache {

class CacheShard;

/// Whether an entry is within its TTL (RFC 8767 calls what is past it stale).
enum class Freshness : std::uint8_t { fresh, stale };

/// What lookup() copied out.
struct Hit {
  std::size_t size = 0;                    ///< octets written to `out`
  Freshness freshness = Freshness::fresh;
  Duration remaining{};                    ///< of the TTL; zero if stale
};

/// A response as it is stored: wire form, its question first, without OPT.
struct StoredResponse {
  std::span<const std::byte> message;
  std::span<const std::uint16_t> ttl_offsets;  ///< every TTL field of the message
  std::chrono::seconds ttl{};                  ///< how long it is fresh, at least 1 s
};

/// Sums over all shards, for metrics. Each number is exact; together they are a moment apart.
struct CacheStats {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t evictions = 0;       ///< thrown out for room, fresh or not
  std::uint64_t live_evictions = 0;  ///< of these, still fresh: the sign of a cache too small
  std::uint64_t rejected = 0;        ///< responses larger than a shard can hold
};

/// Whole responses by question, in wire form, shared by all threads.
///
/// One byte budget for everything: keys, bookkeeping and allocator overhead included. Eviction is
/// SIEVE (Zhang et al., NSDI 2024): a hit sets one bit, the hand evicts what has not been hit.
/// Does not decide what may be stored (dns/cacheability.h) and does not shape replies
/// (dns/writer.h).
///
/// Thread-safe: one mutex per shard, held only to find an entry and to copy it. lookup() never
/// allocates. Bound: `max_bytes`; 0 turns the cache off.
class ResponseCache {
 public:
  /// `hash_key` keys the hash of every question; hash() below is what lookup and store expect.
  ResponseCache(std::size_t max_bytes, HashKey hash_key);
  ~ResponseCache();

  [[nodiscard]] std::uint64_t hash(const dns::LookupKey& key) const noexcept {
    return key.hash(hash_key_);
  }

  /// Copies the response for `key` into `out`, its TTLs aged to `now`. nullopt if nothing fresh is
  /// stored or `out` is too small. The message ID in it means nothing.
  [[nodiscard]] std::optional<Hit> lookup(const dns::LookupKey& key, std::uint64_t hash,
                                          TimePoint now, std::span<std::byte> out) noexcept;

  /// Stores a response, replacing what is there for `key`, and evicts until it fits.
  void store(const dns::LookupKey& key, std::uint64_t hash, const StoredResponse& response,
             TimePoint now);

  /// Removes everything.
  void clear() noexcept;

  [[nodiscard]] CacheStats stats() const;

 private:
  [[nodiscard]] CacheShard& shard_for(std::uint64_t hash) const noexcept;

  HashKey hash_key_;
  std::vector<std::unique_ptr<CacheShard>> shards_;
};

}  // namespace sluice::cache
