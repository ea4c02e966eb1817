#pragma once

#include <gtest/gtest.h>

#include <string>

#include "resolver/dns/writer.h"
#include "tests/support/wire.h"

/// Responses as they are stored.
namespace sluice::dns {

inline const std::string kAddress = "www.example. 60 IN A 192.0.2.1";

inline Response parse(const wire::Bytes& message) {
  Response response;
  EXPECT_EQ(parse_response(message, response), std::nullopt);
  return response;
}

/// The response as it is stored.
inline wire::Bytes stored(const wire::Bytes& message, TrustAd trust_ad = TrustAd::no) {
  Response response = parse(message);
  wire::Bytes copy(message.size());
  copy.resize(copy_without_opt(message, response, copy, trust_ad));
  return copy;
}

}  // namespace sluice::dns
