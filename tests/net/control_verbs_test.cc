// Verbs by themselves, without a socket.
#include "resolver/net/control_verbs.h"

#include <gmock/gmock.h>

#include <future>
#include <nlohmann/json.hpp>

#include "tests/cache/sample.h"
#include "tests/net/admin_fixture.h"

namespace sluice::net {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ControlVerbsTest : public AdminFixture {
 protected:
  ~ControlVerbsTest() override { stop(); }

  json ask(const json& request) {
    if (!verbs_) {
      verbs_.emplace(admin.loop, sources);
      start();
    }
    std::promise<std::string> reply;
    boost::asio::post(admin.loop, [&] {
      verbs_->answer(request.dump(), [&](std::string line) { reply.set_value(std::move(line)); });
    });
    return json::parse(reply.get_future().get());
  }
  std::string error_of(const json& request) { return ask(request).at("error"); }

  void store(const char* name) {
    const dns::LookupKey key = cache::key_for(name);
    cache.store(key, cache.hash(key), cache::Sample{{60}, 60s}.view(), Clock::now());
  }

 private:
  std::optional<ControlVerbs> verbs_;
};

TEST_F(ControlVerbsTest, TopShowsTheWindowThatIsAskedFor) {
  snapshot.top_minute = {.covered = 50s, .packets = 10, .accounts = {}};
  snapshot.top_minute.accounts.push_back({.spender = Spender::of_user(7),
                                          .zone = ".",
                                          .suffix = "shop.example.",
                                          .type = dns::Type::a,
                                          .spent = {.packets = 4}});
  snapshot.top_hour.packets = 99;

  const json minute = ask({{"verb", "top"}});
  EXPECT_EQ(minute.at("window"), "minute");
  EXPECT_EQ(minute.at("seconds"), 50);
  EXPECT_EQ(minute.at("spenders").at(0).at("client"), "user 7");
  EXPECT_EQ(minute.at("spenders").at(0).at("share"), 0.4);
  EXPECT_EQ(ask({{"verb", "top"}, {"window", "hour"}}).at("packets"), 99);
  EXPECT_THAT(error_of({{"verb", "top"}, {"window", "day"}}), HasSubstr("minute"));
}

TEST_F(ControlVerbsTest, ExplainsAName) {
  const json told = ask({{"verb", "explain"}, {"name", "www.example"}, {"type", "AAAA"}});
  EXPECT_EQ(told.at("name"), "www.example.");
  EXPECT_EQ(told.at("type"), "AAAA");
  EXPECT_EQ(ask({{"verb", "explain"}, {"name", "www.example"}}).at("type"), "A");
  EXPECT_THAT(error_of({{"verb", "explain"}}), HasSubstr("name"));
  EXPECT_THAT(error_of({{"verb", "explain"}, {"name", "a..b"}}), HasSubstr("name"));
  EXPECT_THAT(error_of({{"verb", "explain"}, {"name", 5}}), HasSubstr("name"));
  EXPECT_THAT(error_of({{"verb", "explain"}, {"name", "a"}, {"type", "NONE"}}), HasSubstr("type"));
}

TEST_F(ControlVerbsTest, GivesUpOnAnEngineThatDoesNotExplain) {
  is_engine_silent = true;
  sources.patience.snapshot = 20ms;
  EXPECT_THAT(error_of({{"verb", "explain"}, {"name", "www.example"}}), HasSubstr("engine"));
}

TEST_F(ControlVerbsTest, ShowsTheEntriesOfAName) {
  store("www.example");
  store("mail.example");
  const json shown = ask({{"verb", "cache"}, {"action", "show"}, {"name", "WWW.example."}});
  ASSERT_EQ(shown.at("entries").size(), 1U);
  EXPECT_EQ(shown.at("entries")[0].at("name"), "www.example.");
  EXPECT_EQ(shown.at("entries")[0].at("state"), "fresh");
  EXPECT_EQ(shown.at("total"), 1);
  EXPECT_EQ(ask({{"verb", "cache"}, {"action", "dump"}}).at("entries").size(), 2U);
}

TEST_F(ControlVerbsTest, FlushesANameItsSubtreeOrEverything) {
  for (const char* name : {"a.example", "b.a.example", "c.example", "d.example"}) store(name);
  const auto flush = [&](const char* action, const char* name) {
    return ask({{"verb", "cache"}, {"action", action}, {"name", name}}).at("flushed");
  };
  EXPECT_EQ(flush("flush", "c.example"), 1);
  EXPECT_EQ(flush("flush-tree", "a.example"), 2);
  EXPECT_EQ(flush("flush-tree", "a.example"), 0);
  EXPECT_EQ(ask({{"verb", "cache"}, {"action", "flush-all"}}).at("flushed"), 1);
  forgotten.with([](const auto& names) {
    EXPECT_THAT(names, ElementsAre("c.example.", "all", "all", "all"));
  });
}

TEST_F(ControlVerbsTest, ListsNoMoreOfALargeCacheThanItsBound) {
  cache::ResponseCache large{64 << 20, HashKey{1, 2}};
  for (std::uint64_t i = 0; i < CacheVerbs::kMaxListed + 100; ++i) {
    const dns::LookupKey key = cache::numbered_key(i);
    large.store(key, large.hash(key), cache::Sample{{60}, 60s}.view(), Clock::now());
  }
  sources.cache = &large;
  const json dumped = ask({{"verb", "cache"}, {"action", "dump"}});
  EXPECT_EQ(dumped.at("entries").size(), CacheVerbs::kMaxListed);
  EXPECT_EQ(dumped.at("cut"), true);
  EXPECT_EQ(dumped.at("total"), CacheVerbs::kMaxListed + 100);
}

TEST_F(ControlVerbsTest, SaysWhatACacheActionMustBe) {
  EXPECT_THAT(error_of({{"verb", "cache"}}), HasSubstr("flush-tree"));
  EXPECT_THAT(error_of({{"verb", "cache"}, {"action", "drop"}}), HasSubstr("flush-tree"));
  EXPECT_THAT(error_of({{"verb", "cache"}, {"action", "flush"}}), HasSubstr("name"));
}

TEST_F(ControlVerbsTest, ShowsAndSetsTheLogLevel) {
  const std::string before = ask({{"verb", "log-level"}}).at("level");
  EXPECT_EQ(ask({{"verb", "log-level"}, {"level", "error"}}).at("was"), before);
  EXPECT_EQ(ask({{"verb", "log-level"}}).at("level"), "error");
  EXPECT_THAT(error_of({{"verb", "log-level"}, {"level", "loud"}}), HasSubstr("debug"));
  (void)ask({{"verb", "log-level"}, {"level", before}});
}

TEST_F(ControlVerbsTest, AnOverviewIsEverythingOfOneMoment) {
  const json overview = ask({{"verb", "overview"}});
  for (const char* part :
       {"at_seconds", "status", "stats", "zones", "upstreams", "budgets", "diagnosis", "top"})
    EXPECT_TRUE(overview.contains(part)) << part;
  EXPECT_EQ(snapshots_asked, 1);
}

TEST_F(ControlVerbsTest, OnlyVerbsThatChangeNothingAreForReaders) {
  for (const char* verb : {"status", "top", "explain", "diagnose", "overview", "stats"})
    EXPECT_TRUE(ControlVerbs::only_reads(verb)) << verb;
  for (const char* verb : {"reload", "cache", "log-level", "nonsense", ""})
    EXPECT_FALSE(ControlVerbs::only_reads(verb)) << verb;
}

}  // namespace
}  // namespace sluice::net
