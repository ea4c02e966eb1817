#pragma once

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "cache/response_cache.h"
#include "resolver/dns/writer.h"
#include "tests/support/wire.h"

namespace sluice {

/// Puts a response into `cache` as the engine would: without OPT, found under `key`.
inline void store_answer(cache::ResponseCache& cache, const dns::LookupKey& key,
                         std::span<const std::byte> message, TimePoint now,
                         std::chrono::seconds ttl = std::chrono::seconds{60}) {
  dns::Response response;
  if (dns::parse_response(message, response)) throw std::invalid_argument{"not a response"};
  std::vector<std::byte> stored(message.size());
  const std::size_t size = dns::copy_without_opt(message, response, stored);
  cache.store(key, cache.hash(key),
              {.message = std::span{stored}.first(size),
               .ttl_offsets = std::span{response.ttl_offsets}.first(response.ttl_count),
               .ttl = ttl},
              now);
}

/// The same from presentation format, for queries without DO and CD.
inline void store_answer(cache::ResponseCache& cache, std::string_view question,
                         const wire::Records& answer, TimePoint now) {
  store_answer(cache, wire::key(question), wire::response(question, answer), now);
}

}  // namespace sluice
