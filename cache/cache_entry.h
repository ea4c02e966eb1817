#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "cache/response_cache.h"
#include "resolver/base/clock.h"
#include "resolver/dns/constants.h"
#include "resolver/dns/question.h"
#include "resolver/dns/response.h"

namespace sluice::cache {

class CacheEntry;

struct CacheEntryDeleter {
  void operator()(CacheEntry* entry) const noexcept;
};
using CacheEntryPtr = std::unique_ptr<CacheEntry, CacheEntryDeleter>;

/// What an allocation of `size` octets really takes: glibc's malloc puts 8 octets before each and
/// rounds up to 16 octets, 32 at least.
[[nodiscard]] constexpr std::size_t allocated_size(std::size_t size) noexcept {
  const std::size_t rounded = (size + 8 + 15) / 16 * 16;
  return rounded < 32 ? 32 : rounded;
}

/// One stored response with its key: a header followed in the same allocation by the TTL offsets,
/// the key's name and the message. Only made by make(); immutable but for its links.
class CacheEntry {
 public:
  static constexpr std::chrono::seconds kMaxTtl{0x7fff'ffff};  ///< RFC 2181 section 8

  /// Copies key and response. See ResponseCache::store() for what becomes of the TTLs.
  [[nodiscard]] static CacheEntryPtr make(const dns::LookupKey& key, std::uint64_t hash,
                                          const StoredResponse& response, TimePoint now);

  CacheEntry(const CacheEntry&) = delete;
  CacheEntry& operator=(const CacheEntry&) = delete;

  /// Compares the whole key: two questions may have one hash.
  [[nodiscard]] bool matches(const dns::LookupKey& key, std::uint64_t hash) const noexcept;

  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] dns::LookupKey key() const noexcept;
  [[nodiscard]] std::span<const std::uint16_t> ttl_offsets() const noexcept;
  [[nodiscard]] std::span<const std::byte> message() const noexcept;

  /// Time since it was stored. Zero if `now` is earlier: threads read the clock on their own.
  [[nodiscard]] Duration age(TimePoint now) const noexcept;
  [[nodiscard]] bool is_fresh(TimePoint now) const noexcept { return age(now) < ttl(); }
  [[nodiscard]] std::chrono::seconds ttl() const noexcept {
    return std::chrono::seconds{ttl_seconds_};
  }

  /// Octets it takes of the budget, allocator overhead included.
  [[nodiscard]] std::size_t footprint() const noexcept { return allocated_size(total_size()); }
  /// Of the largest response with the longest name.
  static const std::size_t kMaxFootprint;

  // The shard's: the chain of the bucket owns the entry, the order list points to it.
  CacheEntryPtr next_in_bucket;
  CacheEntry* newer = nullptr;
  CacheEntry* older = nullptr;
  bool visited : 1 = false;
  bool refresh_asked : 1 = false;

 private:
  CacheEntry(const dns::LookupKey& key, std::uint64_t hash, const StoredResponse& response,
             TimePoint now) noexcept;

  [[nodiscard]] std::size_t total_size() const noexcept;
  [[nodiscard]] std::span<const std::byte> name() const noexcept;
  [[nodiscard]] std::byte* tail() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] const std::byte* tail() const noexcept {
    return reinterpret_cast<const std::byte*>(this + 1);
  }

  bool dnssec_ok_;
  bool checking_disabled_;
  std::uint8_t name_size_;
  dns::Type type_;
  dns::Class class_;
  std::uint16_t ttl_count_;
  std::uint16_t message_size_;
  std::uint32_t ttl_seconds_;
  std::uint64_t hash_;
  TimePoint stored_at_;
};

inline constexpr std::size_t CacheEntry::kMaxFootprint =
    allocated_size(sizeof(CacheEntry) + dns::kMaxAgedRecords * sizeof(std::uint16_t) +
                   dns::kMaxNameSize + dns::kMaxMessageSize);

}  // namespace sluice::cache
