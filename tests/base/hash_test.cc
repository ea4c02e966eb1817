#include "resolver/base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace sluice {
namespace {

/// The key and the messages of the authors' test vectors: octets 0, 1, 2 and so on.
constexpr HashKey kKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
std::vector<std::byte> counting(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

TEST(SipHash24, IsThatOfItsAuthors) {
  EXPECT_EQ(sip_hash_2_4(kKey, {}), 0x726fdb47dd0e0e31);
  EXPECT_EQ(sip_hash_2_4(kKey, counting(1)), 0x74f839c593dc67fd);
  EXPECT_EQ(sip_hash_2_4(kKey, counting(8)), 0x93f5f5799a932462);
  EXPECT_EQ(sip_hash_2_4(kKey, counting(15)), 0xa129ca6149be45e5);
}

TEST(SipHasher, DependsOnKeyBytesAndLength) {
  const auto hash = [](HashKey key, std::span<const std::byte> bytes) {
    SipHasher hasher{key};
    hasher.add(bytes);
    return hasher.finish();
  };
  const std::array<std::byte, 9> zeros{};
  EXPECT_EQ(hash(kKey, counting(9)), hash(kKey, counting(9)));
  EXPECT_NE(hash(kKey, counting(9)), hash({}, counting(9)));
  EXPECT_NE(hash(kKey, zeros), hash(kKey, counting(9)));
  EXPECT_NE(hash(kKey, zeros), hash(kKey, std::span{zeros}.first(8)));
  EXPECT_NE(hash(kKey, std::span{zeros}.first(1)), hash(kKey, {}));
}

}  // namespace
}  // namespace sluice
