#include "resolver/dns/writer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

Query parsed(const wire::Bytes& query) { return parse_query(query).value(); }

wire::Bytes upstream_query(const LookupKey& key, const UpstreamForm& form) {
  std::array<std::byte, kMaxUpstreamQuerySize> buffer{};
  const std::size_t size = write_upstream_query(buffer, key, form);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(WriteUpstreamQuery, AsksForRecursionWithABareOptAtItsEnd) {
  const auto key = wire::key("www.example. AAAA");

  EXPECT_EQ(upstream_query(key, {.id = 0xbeef}),
            wire::query("www.example. AAAA", {.id = 0xbeef, .edns = wire::Edns{}}));
  EXPECT_EQ(upstream_query(key, {.id = 0xbeef, .use_edns = UseEdns::no}),
            wire::query("www.example. AAAA", {.id = 0xbeef}));
}

TEST(WriteUpstreamQuery, PassesDoAndCdOn) {
  auto key = wire::key("www.example. A");
  key.dnssec_ok = true;
  key.checking_disabled = true;

  EXPECT_EQ(
      upstream_query(key, {.id = 1}),
      wire::query("www.example. A",
                  {.id = 1, .checking_disabled = true, .edns = wire::Edns{.dnssec_ok = true}}));
  EXPECT_EQ(parsed(upstream_query(key, {.id = 1})).key(), key);
}

TEST(WriteUpstreamQuery, AsksForAdOnlyWhereItIsToBeBelieved) {
  const auto key = wire::key("www.example. A");

  EXPECT_FALSE(parsed(upstream_query(key, {})).has(Header::kAd));
  EXPECT_TRUE(parsed(upstream_query(key, {.asks_for_ad = true})).has(Header::kAd));
}

TEST(WriteUpstreamQuery, SpellsTheNameInTheLettersGiven) {
  const auto key = wire::key("www.example. A");
  const auto wanted = wire::query("wWw.exampLE. A", {.id = 1, .edns = wire::Edns{}});

  const LetterCase letters = parsed(wanted).qname_case;

  EXPECT_EQ(upstream_query(key, {.id = 1, .letters = letters}), wanted);
}

TEST(WriteUpstreamQuery, FitsTheLongestName) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b') + ".";

  EXPECT_EQ(upstream_query(wire::key(name + " A"), {.id = 1}).size(), kMaxUpstreamQuerySize);
}

}  // namespace
}  // namespace sluice::dns
