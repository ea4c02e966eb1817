#include "cache/response_cache.h"

#include <algorithm>
#include <utility>

#include "cache/cache_entry.h"
#include "cache/cache_shard.h"

namespace sluice::cache {

static_assert(CacheShard::fits(ResponseCache::kMinShardBytes, CacheEntry::kMaxFootprint));

ResponseCache::ResponseCache(std::size_t max_bytes, HashKey hash_key)
    : max_bytes_{max_bytes}, hash_key_{hash_key} {
  if (max_bytes < kMinBytes) return;
  const std::size_t count = std::clamp<std::size_t>(max_bytes / kMinShardBytes, 1, kMaxShards);
  shards_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<SharedShard>(max_bytes / count));
  }
}

ResponseCache::~ResponseCache() = default;

std::optional<Hit> ResponseCache::lookup(const dns::LookupKey& key, std::uint64_t hash,
                                         TimePoint now, std::span<std::byte> out) noexcept {
  if (shards_.empty()) return std::nullopt;
  return shard_for(hash).with([&](CacheShard& shard) { return shard.lookup(key, hash, now, out); });
}

std::optional<Glance> ResponseCache::peek(const dns::LookupKey& key, std::uint64_t hash,
                                          TimePoint now, std::span<std::byte> out) noexcept {
  if (shards_.empty()) return std::nullopt;
  return shard_for(hash).with([&](CacheShard& shard) { return shard.peek(key, hash, now, out); });
}

void ResponseCache::store(const dns::LookupKey& key, std::uint64_t hash,
                          const StoredResponse& response, TimePoint now) {
  if (shards_.empty()) return;
  // Allocated and filled before the lock is taken, so that no hit waits for it.
  CacheEntryPtr entry = CacheEntry::make(key, hash, response, now);
  shard_for(hash).with([&](CacheShard& shard) { shard.store(std::move(entry), key, now); });
}

void ResponseCache::set_ageing(const Ageing& ageing) noexcept {
  for (const auto& shard : shards_) shard->with([&](CacheShard& it) { it.set_ageing(ageing); });
}

void ResponseCache::clear() noexcept {
  for (const auto& shard : shards_) shard->with([](CacheShard& it) { it.clear(); });
}

bool ResponseCache::sweep(Sweep& at, TimePoint now, const Visit& visit) {
  if (at.shard >= shards_.size()) return false;
  const bool has_more = shards_[at.shard]->with(
      [&](CacheShard& shard) { return shard.sweep(at.bucket, now, visit); });
  if (!has_more) at = {.shard = at.shard + 1, .bucket = 0};
  return at.shard < shards_.size();
}

CacheStats ResponseCache::stats() const {
  CacheStats sum{.max_bytes = max_bytes_};
  for (const auto& shard : shards_) {
    const CacheStats part = shard->with([](const CacheShard& it) { return it.stats(); });
    sum.entries += part.entries;
    sum.bytes += part.bytes;
    sum.evictions += part.evictions;
    sum.live_evictions += part.live_evictions;
    sum.rejected += part.rejected;
  }
  return sum;
}

ResponseCache::SharedShard& ResponseCache::shard_for(std::uint64_t hash) const noexcept {
  // The upper half of the hash, scaled to the number of shards; the index in a shard uses the
  // lower half.
  return *shards_[(hash >> 32) * shards_.size() >> 32];
}

}  // namespace sluice::cache
