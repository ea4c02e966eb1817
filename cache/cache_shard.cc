#include "cache/cache_shard.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "resolver/base/assert.h"
#include "resolver/dns/writer.h"

namespace sluice::cache {

// Every entry is in exactly one bucket's chain, which owns it, and in the order list, newest to
// oldest by the time it was stored. Hits move nothing. The hand walks from the oldest towards the
// newest and starts over at the oldest. stats_.bytes is the index plus all footprints, and at most
// max_bytes_ between calls.

CacheShard::CacheShard(std::size_t max_bytes)
    : max_bytes_{max_bytes}, buckets_(max_bytes / kBytesPerBucket) {
  SLUICE_ASSERT(!buckets_.empty());
  stats_.bytes = index_size(max_bytes);
}

std::optional<Hit> CacheShard::lookup(const dns::LookupKey& key, std::uint64_t hash, TimePoint now,
                                      std::span<std::byte> out) noexcept {
  CacheEntry* const entry = find_usable(key, hash, now, out.size());
  if (entry == nullptr) return std::nullopt;
  const std::span<const std::byte> message = entry->message();

  const bool refresh_due = is_refresh_due(*entry, now);
  entry->visited = true;
  const std::span<std::byte> copy = out.first(message.size());
  std::memcpy(copy.data(), message.data(), copy.size());
  const Duration age = entry->age(now);
  if (age >= entry->ttl()) {
    dns::set_ttls(copy, entry->ttl_offsets(), ResponseCache::kStaleTtl);
    return Hit{.size = copy.size(), .freshness = Freshness::stale};
  }
  const auto age_seconds = std::chrono::floor<std::chrono::seconds>(age).count();
  dns::age_ttls(copy, entry->ttl_offsets(), static_cast<std::uint32_t>(age_seconds));
  return Hit{.size = copy.size(),
             .freshness = Freshness::fresh,
             .remaining = entry->ttl() - age,
             .refresh_due = refresh_due};
}

std::optional<Glance> CacheShard::peek(const dns::LookupKey& key, std::uint64_t hash, TimePoint now,
                                       std::span<std::byte> out) noexcept {
  const CacheEntry* const entry = find_usable(key, hash, now, out.size());
  if (entry == nullptr) return std::nullopt;
  const std::span<const std::byte> message = entry->message();
  std::memcpy(out.data(), message.data(), message.size());
  return Glance{.size = message.size(),
                .freshness = entry->is_fresh(now) ? Freshness::fresh : Freshness::stale,
                .age = entry->age(now),
                .ttl = entry->ttl()};
}

/// Says so once: whoever hears it sees to it, and if nothing comes of it the name is asked for when
/// its TTL is over, as any other.
bool CacheShard::is_refresh_due(CacheEntry& entry, TimePoint now) const noexcept {
  const Duration remaining = entry.ttl() - entry.age(now);
  if (!ageing_.prefetch || !entry.visited || entry.refresh_asked || remaining <= Duration::zero() ||
      remaining > Duration{entry.ttl()} / ResponseCache::kRefreshPart)
    return false;
  return entry.refresh_asked = true;
}

void CacheShard::store(CacheEntryPtr entry, const dns::LookupKey& key, TimePoint now) noexcept {
  if (CacheEntry* const old = find(key, entry->hash())) {
    // A name that was hit does not become a stranger when its response is renewed.
    entry->visited = old->visited;
    remove(*old);
  }
  if (!fits(max_bytes_, entry->footprint())) {
    ++stats_.rejected;
    return;
  }
  while (stats_.bytes + entry->footprint() > max_bytes_) evict_one(now);
  insert(std::move(entry));
}

void CacheShard::clear() noexcept {
  while (oldest_ != nullptr) remove(*oldest_);
}

bool CacheShard::sweep(std::size_t& bucket, TimePoint now, const ResponseCache::Visit& visit) {
  const std::size_t end = std::min(bucket + ResponseCache::kSweepBuckets, buckets_.size());
  for (; bucket < end; ++bucket) {
    for (CacheEntry* entry = buckets_[bucket].get(); entry != nullptr;) {
      CacheEntry* const next = entry->next_in_bucket.get();
      const EntryView view{.key = entry->key(),
                           .message = entry->message(),
                           .age = entry->age(now),
                           .ttl = entry->ttl(),
                           .is_usable = is_usable(*entry, now),
                           .octets = entry->footprint()};
      if (visit(view) == ResponseCache::Fate::remove) remove(*entry);
      entry = next;
    }
  }
  return bucket < buckets_.size();
}

CacheEntryPtr& CacheShard::bucket_for(std::uint64_t hash) noexcept {
  return buckets_[(hash & 0xffff'ffff) * buckets_.size() >> 32];
}

CacheEntry* CacheShard::find(const dns::LookupKey& key, std::uint64_t hash) noexcept {
  CacheEntry* entry = bucket_for(hash).get();
  while (entry != nullptr && !entry->matches(key, hash)) entry = entry->next_in_bucket.get();
  return entry;
}

CacheEntry* CacheShard::find_usable(const dns::LookupKey& key, std::uint64_t hash, TimePoint now,
                                    std::size_t room) noexcept {
  CacheEntry* const entry = find(key, hash);
  const bool is_wanted =
      entry != nullptr && is_usable(*entry, now) && entry->message().size() <= room;
  return is_wanted ? entry : nullptr;
}

void CacheShard::insert(CacheEntryPtr entry) noexcept {
  ++stats_.entries;
  stats_.bytes += entry->footprint();

  entry->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = entry.get();
  newest_ = entry.get();

  CacheEntryPtr& bucket = bucket_for(entry->hash());
  entry->next_in_bucket = std::move(bucket);
  bucket = std::move(entry);
}

void CacheShard::remove(CacheEntry& entry) noexcept {
  --stats_.entries;
  stats_.bytes -= entry.footprint();

  if (hand_ == &entry) hand_ = entry.newer;
  (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
  (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;

  CacheEntryPtr* link = &bucket_for(entry.hash());
  while (link->get() != &entry) link = &(*link)->next_in_bucket;
  CacheEntryPtr next = std::move(entry.next_in_bucket);
  *link = std::move(next);  // deletes `entry`
}

void CacheShard::evict_one(TimePoint now) noexcept {
  // Ends within two rounds: the first one clears every bit. Each bit cleared was set by a hit, so
  // the cost of one eviction, spread over those hits, is constant.
  CacheEntry* victim = hand_ != nullptr ? hand_ : oldest_;
  while (victim->visited && is_usable(*victim, now)) {
    victim->visited = false;
    victim = victim->newer != nullptr ? victim->newer : oldest_;
  }
  ++stats_.evictions;
  if (victim->is_fresh(now)) ++stats_.live_evictions;
  hand_ = victim->newer;
  remove(*victim);
}

}  // namespace sluice::cache
