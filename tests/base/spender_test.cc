#include "resolver/base/spender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sluice {
namespace {

constexpr HashKey kKey{.k0 = 1, .k1 = 2};

Address address(std::string_view text) { return Address::parse(text).value(); }

// One of each kind, and some that share their first octets.
std::vector<Spender> different_spenders() {
  return {Spender{},
          Spender::of_address(address("192.0.2.1")),
          Spender::of_address(address("192.0.2.2")),
          Spender::of_address(address("2001:db8::1")),
          Spender::of_cgroup(1'000),
          Spender::of_cgroup(1'001),
          Spender::of_cgroup(1'000 | std::uint64_t{1} << 40),
          Spender::of_user(1'000),
          Spender::of_user(0),
          Spender::of_process(1'000, 0),
          Spender::of_process(1'000, 7),
          Spender::of_process(1'001, 7)};
}

TEST(Spender, DiffersFromEveryOther) {
  const auto all = different_spenders();
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < all.size(); ++j)
      EXPECT_EQ(all[i] == all[j], i == j) << i << " and " << j;
}

TEST(Spender, HashesOfDifferentOnesDiffer) {
  std::vector<std::uint64_t> hashes;
  for (const Spender& each : different_spenders()) hashes.push_back(each.hash(kKey));
  std::sort(hashes.begin(), hashes.end());

  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

TEST(Spender, HashDependsOnTheKey) {
  EXPECT_EQ(Spender::of_user(1'000).hash(kKey), Spender::of_user(1'000).hash(kKey));
  EXPECT_NE(Spender::of_user(1'000).hash(kKey), Spender::of_user(1'000).hash({.k0 = 1, .k1 = 3}));
}

TEST(Spender, KeepsTheWholeAddressInEitherFamily) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1", "::ffff:0:0:1"})
    EXPECT_EQ(Spender::of_address(address(text)).address(), address(text)) << text;
}

TEST(Spender, WritesIpv4AsAMappedAddress) {
  EXPECT_EQ(Spender::of_address(address("192.0.2.1")),
            Spender::of_address(address("::ffff:192.0.2.1")));
}

TEST(Spender, KeepsIdsInFull) {
  EXPECT_EQ(Spender::of_cgroup(0xfedc'ba98'7654'3210).cgroup_id(), 0xfedc'ba98'7654'3210);
  EXPECT_EQ(Spender::of_user(4'000'000'000).uid(), 4'000'000'000);
  EXPECT_EQ(Spender::of_process(4'000'000'000, 7).uid(), 4'000'000'000);
}

}  // namespace
}  // namespace sluice
