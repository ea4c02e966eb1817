#include "cache/cache_entry.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"

namespace sluice::cache {
namespace {

constexpr std::size_t kTtlSize = 4;

/// Brings every TTL to at least `least`, so that none reaches 0 before the entry has expired: a
/// configured minimum may keep it longer than its records say. A TTL with its top bit set counts as
/// 0 (RFC 2181 section 8).
void raise_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
                std::uint32_t least) noexcept {
  for (const std::uint16_t offset : ttl_offsets) {
    SLUICE_ASSERT(offset + kTtlSize <= message.size());
    const std::uint32_t ttl = dns::read_u32(message, offset);
    if (ttl < least || ttl > CacheEntry::kMaxTtl.count()) dns::write_u32(message, offset, least);
  }
}

}  // namespace

void CacheEntryDeleter::operator()(CacheEntry* entry) const noexcept {
  entry->~CacheEntry();
  ::operator delete(entry);
}

CacheEntryPtr CacheEntry::make(const dns::LookupKey& key, std::uint64_t hash,
                               const StoredResponse& response, TimePoint now) {
  SLUICE_ASSERT(response.message.size() <= dns::kMaxMessageSize);
  SLUICE_ASSERT(response.ttl_offsets.size() <= dns::kMaxAgedRecords);
  SLUICE_ASSERT(response.ttl >= 1s && response.ttl <= kMaxTtl);
  const std::size_t size = sizeof(CacheEntry) + response.ttl_offsets.size_bytes() +
                           key.question.name.size() + response.message.size();
  return CacheEntryPtr{new (::operator new(size)) CacheEntry{key, hash, response, now}};
}

CacheEntry::CacheEntry(const dns::LookupKey& key, std::uint64_t hash,
                       const StoredResponse& response, TimePoint now) noexcept
    : dnssec_ok_{key.dnssec_ok},
      checking_disabled_{key.checking_disabled},
      name_size_{static_cast<std::uint8_t>(key.question.name.size())},
      type_{key.question.type},
      class_{key.question.klass},
      ttl_count_{static_cast<std::uint16_t>(response.ttl_offsets.size())},
      message_size_{static_cast<std::uint16_t>(response.message.size())},
      ttl_seconds_{static_cast<std::uint32_t>(response.ttl.count())},
      hash_{hash},
      stored_at_{now} {
  std::byte* at = tail();
  at = std::ranges::copy(std::as_bytes(response.ttl_offsets), at).out;
  at = std::ranges::copy(key.question.name.wire(), at).out;
  std::ranges::copy(response.message, at);
  raise_ttls({at, message_size_}, ttl_offsets(), ttl_seconds_);
}

bool CacheEntry::matches(const dns::LookupKey& key, std::uint64_t hash) const noexcept {
  return hash_ == hash && type_ == key.question.type && class_ == key.question.klass &&
         dnssec_ok_ == key.dnssec_ok && checking_disabled_ == key.checking_disabled &&
         name_size_ == key.question.name.size() &&
         std::memcmp(name().data(), key.question.name.wire().data(), name_size_) == 0;
}

dns::LookupKey CacheEntry::key() const noexcept {
  std::size_t offset = 0;
  const auto name_read = dns::Name::read(name(), offset);
  SLUICE_ASSERT(name_read.has_value());
  return {.question = {.name = *name_read, .type = type_, .klass = class_},
          .dnssec_ok = dnssec_ok_,
          .checking_disabled = checking_disabled_};
}

std::span<const std::uint16_t> CacheEntry::ttl_offsets() const noexcept {
  static_assert(alignof(CacheEntry) % alignof(std::uint16_t) == 0);
  return {reinterpret_cast<const std::uint16_t*>(tail()), ttl_count_};
}

std::span<const std::byte> CacheEntry::name() const noexcept {
  return {tail() + ttl_count_ * sizeof(std::uint16_t), name_size_};
}

std::span<const std::byte> CacheEntry::message() const noexcept {
  return {name().data() + name_size_, message_size_};
}

Duration CacheEntry::age(TimePoint now) const noexcept {
  return std::max(Duration::zero(), now - stored_at_);
}

std::size_t CacheEntry::total_size() const noexcept {
  return sizeof(CacheEntry) + ttl_count_ * sizeof(std::uint16_t) + name_size_ + message_size_;
}

}  // namespace sluice::cache
