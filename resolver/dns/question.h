#pragma once

#include <cstdint>

#include "resolver/base/hash.h"
#include "resolver/dns/name.h"

namespace sluice::dns {

/// QNAME (folded), QTYPE and QCLASS.
struct Question {
  Name name;
  Type type{};
  Class klass = Class::in;

  friend bool operator==(const Question&, const Question&) = default;
};

/// What decides which stored or in-flight response serves a query: the question, DO (the records
/// differ, RFC 4035 section 3.2.1) and CD (a failure differs, RFC 6840 section 5.9).
struct LookupKey {
  Question question;
  bool dnssec_ok = false;
  bool checking_disabled = false;

  [[nodiscard]] std::uint64_t hash(HashKey key) const noexcept {
    SipHasher hasher{key};
    hasher.add(question.name.wire());
    hasher.add(std::uint64_t{static_cast<std::uint16_t>(question.type)} << 32 |
               std::uint64_t{static_cast<std::uint16_t>(question.klass)} << 16 |
               (dnssec_ok ? 2U : 0U) | (checking_disabled ? 1U : 0U));
    return hasher.finish();
  }

  friend bool operator==(const LookupKey&, const LookupKey&) = default;
};

}  // namespace sluice::dns
