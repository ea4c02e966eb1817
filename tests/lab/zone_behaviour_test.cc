#include "tests/lab/zone_behaviour.h"

#include <gtest/gtest.h>

#include "resolver/dns/presentation.h"

namespace sluice::lab {
namespace {

dns::Name name(std::string_view text) { return dns::parse_name(text).value(); }

TEST(ParseZone, TakesASuffixAndABehaviour) {
  const auto zone = parse_zone("nxdomain.example=nxdomain");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone.value().suffix, name("nxdomain.example."));
  EXPECT_EQ(zone.value().behaviour, Behaviour::nxdomain);
  EXPECT_EQ(zone.value().delay, 0s);
  EXPECT_EQ(zone.value().ttl_seconds, 60U);
}

TEST(ParseZone, TakesEverySetting) {
  const auto zone =
      parse_zone("104.in-addr.arpa=servfail,delay=1s,jitter=1500ms,fail=0.5,loss=0.05,ttl=300");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone.value().behaviour, Behaviour::servfail);
  EXPECT_EQ(zone.value().delay, 1s);
  EXPECT_EQ(zone.value().jitter, 1500ms);
  EXPECT_DOUBLE_EQ(zone.value().fail, 0.5);
  EXPECT_DOUBLE_EQ(zone.value().loss, 0.05);
  EXPECT_EQ(zone.value().ttl_seconds, 300U);
}

TEST(ParseZone, TakesTheRoot) {
  const auto zone = parse_zone(".=answer");
  ASSERT_TRUE(zone);
  EXPECT_TRUE(zone.value().suffix.is_root());
}

TEST(ParseZone, NamesWhatIsWrong) {
  EXPECT_EQ(parse_zone("example=lie").error(), "'lie' is not a behaviour");
  EXPECT_EQ(parse_zone("example").error(), "'' is not a behaviour");
  EXPECT_EQ(parse_zone("=answer").error(), "'' is not a domain name");
  EXPECT_EQ(parse_zone("a..b=answer").error(), "'a..b' is not a domain name");
  for (const std::string setting :
       {"delay", "delay=", "delay=5", "delay=-1s", "delay=nans", "delay=2h", "fail=1.1",
        "fail=-0.1", "loss=x", "loss=nan", "ttl=-1", "ttl=2147483648", "speed=9"})
    EXPECT_EQ(parse_zone("example=answer," + setting).error(),
              "'" + setting + "' is not a setting");
}

TEST(ParseDuration, TakesSecondsMillisecondsAndMicroseconds) {
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2000ms"), 2s);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("3600s"), 1h);
  EXPECT_FALSE(parse_duration("3601s"));
  EXPECT_FALSE(parse_duration("s"));
  EXPECT_FALSE(parse_duration(""));
}

TEST(FindZone, TakesTheLongestSuffix) {
  const std::vector<ZoneBehaviour> zones{parse_zone("example=answer").value(),
                                         parse_zone(".=servfail").value(),
                                         parse_zone("b.example=nodata").value()};
  EXPECT_EQ(find_zone(zones, name("a.b.example.")), 2U);
  EXPECT_EQ(find_zone(zones, name("b.example.")), 2U);
  EXPECT_EQ(find_zone(zones, name("ab.example.")), 0U);
  EXPECT_EQ(find_zone(zones, name("example.net.")), 1U);
}

TEST(FindZone, FindsNothingOutsideItsZones) {
  const std::vector<ZoneBehaviour> zones{parse_zone("example=answer").value()};
  EXPECT_FALSE(find_zone(zones, name("test.")));
}

TEST(DefaultZones, AnswerEverythingAndFailTheReverseZoneOfTheIncident) {
  const auto zones = default_zones();
  const auto behaviour_of = [&](std::string_view text) {
    return zones[find_zone(zones, name(text)).value()].behaviour;
  };
  EXPECT_EQ(behaviour_of("www.corp.example."), Behaviour::answer);
  EXPECT_EQ(behaviour_of("1.2.16.104.in-addr.arpa."), Behaviour::servfail);
  EXPECT_EQ(behaviour_of("1.0.0.10.in-addr.arpa."), Behaviour::answer);
  for (const Behaviour behaviour :
       {Behaviour::servfail, Behaviour::refused, Behaviour::nxdomain, Behaviour::nodata,
        Behaviour::silent, Behaviour::tc, Behaviour::large, Behaviour::wrongid,
        Behaviour::wrongquestion, Behaviour::formerr, Behaviour::malformed, Behaviour::cname})
    EXPECT_EQ(behaviour_of("www." + std::string{to_string(behaviour)} + ".example."), behaviour);
}

}  // namespace
}  // namespace sluice::lab
