// Local names are answered without the heap, and many of them are cheap: this binary counts what is
// asked of it.

#include <gtest/gtest.h>

#include <memory>

#include "resolver/dns/response.h"
#include "resolver/local/private_answers.h"
#include "resolver/local/search_storm.h"
#include "tests/local/asked.h"
#include "tests/support/allocations.h"

namespace sluice::local {
namespace {

TEST(LocalAllocation, IsSeenByThisTest) {
  const std::size_t before = allocations::count();
  const auto number = std::make_unique<int>(1);
  EXPECT_EQ(allocations::count(), before + 1);
}

TEST(LocalAllocation, IsNotNeededToAnswer) {
  Parts parts{.hash_key = kHashKey};
  parts.records = local_records(
      {"a.example. CNAME b.example", "b.example. A 192.0.2.1", "*.wild.example. A 192.0.2.2"});
  parts.hosts = hosts("192.0.2.3 hosts.example\n");
  parts.own_names = {{name("myhost"), {address("192.0.2.4")}}};
  parts.blocklists = {plain_list("ads.example"), policy_zone("data.example A 192.0.2.5\n"
                                                             "ok.ads.example CNAME rpz-passthru.")};
  const LocalNames names{std::move(parts)};
  std::vector<dns::Question> questions;
  for (const char* text :
       {"a.example. A", "a.example. MX", "x.wild.example. A", "hosts.example. A",
        "3.2.0.192.in-addr.arpa. PTR", "myhost. A", "x.ads.example. A", "data.example. A",
        "data.example. MX", "ok.ads.example. A", "localhost. A", "x.local. A",
        "1.10.in-addr.arpa. PTR", "10.in-addr.arpa. SOA", "www.example. A", ". NS"}) {
    questions.push_back(wire::question(text));
  }
  std::vector<std::byte> out(kMaxLocalAnswer);
  std::size_t answered = 0;
  const std::size_t before = allocations::count();

  for (const dns::Question& question : questions) {
    if (names.covers(question, {})) ++answered;
    (void)names.answer(question, {}, out);
  }

  EXPECT_EQ(allocations::count(), before);
  EXPECT_EQ(answered, questions.size() - 3);
}

TEST(LocalAllocation, IsNotNeededToStripOrToDeny) {
  const auto message = wire::response(
      "www.example. A", {"www.example. 60 IN CNAME a.example.", "a.example. 60 IN A 10.0.0.1"});
  const auto question = wire::question("www.example.com.svc.example. A");
  const TopLevelDomains tlds{{"com"}};
  dns::Response response;
  ASSERT_EQ(dns::parse_response(message, response), std::nullopt);
  std::vector<std::byte> out(dns::kMaxMessageSize);
  const std::size_t before = allocations::count();

  const std::size_t stripped = strip_private_answers(message, response, out);
  const bool is_storm = is_public_name_below(question.name, 2, tlds);
  const std::size_t denied = write_nxdomain(out, question, 2);

  EXPECT_EQ(allocations::count(), before);
  EXPECT_TRUE(stripped > 0 && is_storm && denied > 0);
}

TEST(LocalAllocation, OfABlockedNameIsElevenOctets) {
  constexpr std::size_t kNames = 100'000;
  std::string text;
  for (std::size_t i = 0; i < kNames; ++i) text += "host" + std::to_string(i) + ".ads.example\n";
  const std::size_t before = allocations::bytes();

  const auto list = plain_list(text);

  EXPECT_EQ(list->name_count(), kNames);
  EXPECT_LE(allocations::bytes() - before, kNames * 11 + 4'096);
}

}  // namespace
}  // namespace sluice::local
