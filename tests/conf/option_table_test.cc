#include "conf/option_table.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace sluice::conf {
namespace {

/// Stands for a value of any type where only the number of values matters.
struct Anything {
  template <typename T>
  operator T() const;  // NOLINT(google-explicit-constructor): counting needs the conversion
};

template <typename Section, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { Section{(static_cast<void>(I), Anything{})...}; };
}

template <typename Section, std::size_t Count = 0>
constexpr std::size_t member_count() {
  if constexpr (takes<Section>(std::make_index_sequence<Count + 1>{}))
    return member_count<Section, Count + 1>();
  else
    return Count;
}

template <typename Section>
class OptionTable : public ::testing::Test {};

using Sections = ::testing::Types<Server, Admin, Log, Cache, Local, Recorder, QueryLog, Dnstap,
                                  Record, Blocklist, Budget, Upstream, Zone, Network>;
TYPED_TEST_SUITE(OptionTable, Sections);

TYPED_TEST(OptionTable, HasARowForEveryMember) {
  std::size_t covered = 0;
  for (const auto& option : options<TypeParam>()) covered += option.member_count;
  EXPECT_EQ(covered, member_count<TypeParam>());
}

TYPED_TEST(OptionTable, HasEveryKeyOnce) {
  std::set<std::string_view> keys;
  for (const auto& option : options<TypeParam>())
    EXPECT_TRUE(keys.insert(option.key).second) << option.key;
}

TYPED_TEST(OptionTable, SaysInSentencesWhatEachKeyMeans) {
  for (const auto& option : options<TypeParam>()) {
    ASSERT_FALSE(option.help.empty()) << option.key;
    EXPECT_TRUE(option.help.ends_with('.')) << option.key;
    EXPECT_FALSE(option.shape.empty()) << option.key;
  }
}

TYPED_TEST(OptionTable, HasBoundsThatTheDefaultsKeep) {
  for (const auto& option : options<TypeParam>())
    EXPECT_LE(option.bounds.min, option.bounds.max) << option.key;
}

/// Two different values that each key takes.
const std::map<std::string_view, std::pair<Value, Value>>& samples() {
  static const auto number = [](std::int64_t n) { return Value{n, "a number"}; };
  static const auto text = [](std::string s) { return Value{std::move(s), "a string"}; };
  static const auto list = [](std::string s) { return Value{std::vector{std::move(s)}, "a list"}; };
  static const std::map<std::string_view, std::pair<Value, Value>> kSamples{
      {form::Count::kShape, {number(16), number(17)}},
      {form::Flag::kShape, {Value{true, "a boolean"}, Value{false, "a boolean"}}},
      {form::Size::kShape, {number(1), text("1MiB")}},
      {form::Duration::kShape, {text("1s"), text("2s")}},
      {form::Label::kShape, {text("a"), text("b")}},
      {form::OptionalLabel::kShape, {text("a"), text("")}},
      {form::Path::kShape, {text("/a"), text("/b")}},
      {form::OptionalPath::kShape, {text("/a"), text("")}},
      {form::CounterSource::kShape, {text("auto"), text("/sys/counter")}},
      {form::Level::kShape, {text("debug"), text("warn")}},
      {form::Format::kShape, {text("hosts"), text("rpz")}},
      {form::Block::kShape, {text("nodata"), text("null")}},
      {form::Private::kShape, {text("strip"), text("pass")}},
      {form::Networks::kShape, {list("192.0.2.0/24"), list("local")}},
      {form::Cidrs::kShape, {text("192.0.2.0/24"), list("2001:db8::/32")}},
      {form::Amount::kShape, {number(1), Value{0.02, "a number with a fraction"}}},
      {form::SpecialUseNames::kShape, {list("test"), list("onion")}},
      {form::Text::kShape, {text("a"), text("")}},
      {form::QueryFieldNames::kShape, {list("name"), list("class")}},
      {form::DnstapMessageNames::kShape, {list("client_query"), list("client_response")}},
      {form::Tlds::kShape, {list("com"), list("net")}},
      {form::RecordLine::kShape, {text("a.example. A 192.0.2.1"), text("b.example. A 192.0.2.1")}},
      {form::ListenAddresses::kShape, {list("192.0.2.1"), list("192.0.2.2")}},
      {form::AdminAddress::kShape, {text("192.0.2.1:80"), text("")}},
      {form::Servers::kShape, {list("192.0.2.1"), list("system")}},
      {form::Interfaces::kShape, {list("eth0"), text("auto")}},
      {form::ZoneName::kShape, {text("a.example"), text("b.example")}},
  };
  return kSamples;
}

TYPED_TEST(OptionTable, ReadsComparesAndCopiesTheSameMember) {
  for (const auto& option : options<TypeParam>()) {
    const auto& [first, second] = samples().at(option.shape);
    TypeParam a, b;
    ASSERT_EQ(option.read(first, option.bounds, a), form::Reasons{}) << option.key;
    ASSERT_EQ(option.read(second, option.bounds, b), form::Reasons{}) << option.key;

    EXPECT_FALSE(option.equal(a, b)) << option.key;
    for (const auto& other : options<TypeParam>())
      EXPECT_TRUE(other.key == option.key || other.equal(a, b)) << option.key << other.key;
    option.copy(a, b);
    EXPECT_EQ(a, b) << option.key;
  }
}

}  // namespace
}  // namespace sluice::conf
