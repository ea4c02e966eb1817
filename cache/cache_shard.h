#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cache/cache_entry.h"
#include "cache/response_cache.h"
#include "resolver/base/clock.h"
#include "resolver/dns/question.h"

namespace sluice::cache {

/// One part of the response cache: a hash index and a SIEVE queue over the same entries.
///
/// The index has a fixed size, so that no store ever pauses to rehash and lookup() never meets a
/// table that moves. Entries that are too old even to be stale stay until they are replaced or the
/// hand comes by: it takes them whether they were hit or not.
///
/// Not synchronised: ResponseCache guards each shard with a mutex. Bound: `max_bytes`, the index,
/// the entries and their allocator overhead included.
class alignas(64) CacheShard {
 public:
  /// `max_bytes` is at least kBytesPerBucket.
  explicit CacheShard(std::size_t max_bytes);
  ~CacheShard() { clear(); }

  CacheShard(const CacheShard&) = delete;
  CacheShard& operator=(const CacheShard&) = delete;

  /// See ResponseCache::lookup().
  [[nodiscard]] std::optional<Hit> lookup(const dns::LookupKey& key, std::uint64_t hash,
                                          TimePoint now, std::span<std::byte> out) noexcept;

  /// See ResponseCache::peek().
  [[nodiscard]] std::optional<Glance> peek(const dns::LookupKey& key, std::uint64_t hash,
                                           TimePoint now, std::span<std::byte> out) noexcept;

  /// Takes `entry`, which is for `key`. See ResponseCache::store().
  void store(CacheEntryPtr entry, const dns::LookupKey& key, TimePoint now) noexcept;

  void set_ageing(const Ageing& ageing) noexcept { ageing_ = ageing; }

  void clear() noexcept;

  /// Shows `visit` the entries of up to ResponseCache::kSweepBuckets buckets, from `bucket` on,
  /// which is moved behind them. False if there are no more behind.
  [[nodiscard]] bool sweep(std::size_t& bucket, TimePoint now, const ResponseCache::Visit& visit);

  /// All but max_bytes, which is ResponseCache's to say.
  [[nodiscard]] const CacheStats& stats() const noexcept { return stats_; }

  /// Whether an entry of `footprint` octets fits a shard of `max_bytes` that holds nothing else.
  [[nodiscard]] static constexpr bool fits(std::size_t max_bytes, std::size_t footprint) noexcept {
    const std::size_t index = index_size(max_bytes);
    return index <= max_bytes && footprint <= max_bytes - index;
  }

  /// One bucket for so many octets of budget: about the size of an ordinary entry, hence chains of
  /// one or two, for 3 % of the budget.
  static constexpr std::size_t kBytesPerBucket = 256;

 private:
  [[nodiscard]] static constexpr std::size_t index_size(std::size_t max_bytes) noexcept {
    return allocated_size(max_bytes / kBytesPerBucket * sizeof(CacheEntryPtr));
  }

  [[nodiscard]] CacheEntryPtr& bucket_for(std::uint64_t hash) noexcept;
  [[nodiscard]] CacheEntry* find(const dns::LookupKey& key, std::uint64_t hash) noexcept;
  /// An entry that may be used now and fits `room` octets; null if there is none.
  [[nodiscard]] CacheEntry* find_usable(const dns::LookupKey& key, std::uint64_t hash,
                                        TimePoint now, std::size_t room) noexcept;
  void insert(CacheEntryPtr entry) noexcept;
  void remove(CacheEntry& entry) noexcept;
  void evict_one(TimePoint now) noexcept;
  [[nodiscard]] bool is_usable(const CacheEntry& entry, TimePoint now) const noexcept {
    return entry.age(now) < entry.ttl() + ageing_.max_stale;
  }
  [[nodiscard]] bool is_refresh_due(CacheEntry& entry, TimePoint now) const noexcept;

  std::size_t max_bytes_;
  Ageing ageing_;
  std::vector<CacheEntryPtr> buckets_;
  CacheEntry* newest_ = nullptr;
  CacheEntry* oldest_ = nullptr;
  CacheEntry* hand_ = nullptr;  // next to be examined; null: the oldest
  CacheStats stats_;
};

}  // namespace sluice::cache
