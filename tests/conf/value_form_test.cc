#include "conf/value_form.h"

#include <limits>

#include <gmock/gmock.h>

namespace sluice::conf::form {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Value number(std::int64_t n) { return {n, "a number"}; }
Value text(std::string s) { return {std::move(s), "a string"}; }
Value list(std::vector<std::string> strings) { return {std::move(strings), "a list"}; }

TEST(CountForm, TakesItsBoundsAndNothingBeyond) {
  std::uint32_t out = 7;
  EXPECT_THAT(Count::read(number(0), {1, 64}, out), ElementsAre("must be 1 to 64, not 0"));
  EXPECT_THAT(Count::read(number(65), {1, 64}, out), ElementsAre("must be 1 to 64, not 65"));
  EXPECT_THAT(Count::read(number(std::int64_t{1} << 32), {1, 64}, out), testing::SizeIs(1));
  EXPECT_EQ(out, 7u) << "a refused value changes nothing";

  EXPECT_THAT(Count::read(number(1), {1, 64}, out), IsEmpty());
  EXPECT_EQ(out, 1u);
  EXPECT_THAT(Count::read(number(64), {1, 64}, out), IsEmpty());
  EXPECT_EQ(out, 64u);
}

TEST(CountForm, SaysWhatItWantsInsteadOfAnotherKind) {
  std::uint32_t out = 0;
  EXPECT_THAT(Count::read(text("4"), {1, 64}, out),
              ElementsAre("must be a whole number, not a string"));
  EXPECT_THAT(Count::read({{}, "a boolean"}, {1, 64}, out),
              ElementsAre("must be a whole number, not a boolean"));
}

TEST(AmountForm, TakesFractionsAndWholeNumbers) {
  double out = 7;
  EXPECT_THAT(Amount::read({0.01, "a number with a fraction"}, {0, 5}, out), IsEmpty());
  EXPECT_EQ(out, 0.01);
  EXPECT_THAT(Amount::read(number(5), {0, 5}, out), IsEmpty());
  EXPECT_EQ(out, 5);
}

TEST(AmountForm, RefusesWhatIsOutOfBoundsOrNoNumber) {
  double out = 7;
  for (const double bad : {-0.01, 5.01, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()})
    EXPECT_THAT(Amount::read({bad, "a number with a fraction"}, {0, 5}, out),
                ElementsAre("must be 0 to 5"))
        << bad;
  EXPECT_THAT(Amount::read(text("0.01"), {0, 5}, out),
              ElementsAre("must be a number such as 0.01, not a string"));
  EXPECT_EQ(out, 7) << "a refused value changes nothing";
}

TEST(CidrsForm, TakesOneNetworkOrSeveral) {
  std::vector<Prefix> out;
  EXPECT_THAT(Cidrs::read(text("192.0.2.0/24"), {}, out), IsEmpty());
  EXPECT_THAT(out, ElementsAre(*Prefix::parse("192.0.2.0/24")));
  EXPECT_THAT(Cidrs::read(list({"2001:db8::/32", "192.0.2.1"}), {}, out), IsEmpty());
  EXPECT_THAT(out, ElementsAre(*Prefix::parse("2001:db8::/32"), *Prefix::parse("192.0.2.1/32")));
}

TEST(CidrsForm, RefusesEachThatIsNoNetworkOrGivenTwice) {
  std::vector<Prefix> out;
  EXPECT_THAT(
      Cidrs::read(list({"192.0.2.1/24", "192.0.2.0/24", "192.0.2.0/24", ""}), {}, out),
      ElementsAre(HasSubstr("\"192.0.2.1/24\" is no network"),
                  "\"192.0.2.0/24\" is given twice: keep one", HasSubstr("\"\" is no network")));
  EXPECT_THAT(Cidrs::read(list({}), {}, out), ElementsAre(HasSubstr("must have 1 to 256 entries")));
  EXPECT_THAT(Cidrs::read(list(std::vector<std::string>(kMaxPrefixes + 1, "192.0.2.1")), {}, out),
              ElementsAre("must have 1 to 256 entries, not 257"));
  EXPECT_THAT(Cidrs::read(number(10), {}, out),
              ElementsAre(HasSubstr("must be a network such as")));
}

constexpr Bounds kSizes{0, std::int64_t{64} << 30};

TEST(SizeForm, TakesPlainBytesAndEveryUnit) {
  const std::vector<std::pair<Value, std::uint64_t>> sizes{
      {number(0), 0},           {number(4'096), 4'096},          {text("0B"), 0},
      {text("17B"), 17},        {text("3KiB"), 3'072},           {text("32MiB"), 33'554'432},
      {text("1GiB"), 1u << 30}, {text("64GiB"), 68'719'476'736},
  };
  for (const auto& [value, bytes] : sizes) {
    std::uint64_t out = 1;
    EXPECT_THAT(Size::read(value, kSizes, out), IsEmpty());
    EXPECT_EQ(out, bytes);
  }
}

TEST(SizeForm, RefusesUnitsThatCanBeMisread) {
  std::uint64_t out = 1;
  for (const char* bad : {"", "MiB", "32", "32M", "32MB", "32mib", "32 MiB", "3.5MiB", "-1B", "+1B",
                          "0x10B", "32MiB "})
    EXPECT_THAT(Size::read(text(bad), kSizes, out), ElementsAre(HasSubstr("32MiB"))) << bad;
  EXPECT_EQ(out, 1u);
}

TEST(SizeForm, RefusesWhatIsOutOfBounds) {
  std::uint64_t out = 1;
  for (const Value& bad :
       {number(-1), text("65GiB"), text("9223372036854775807GiB"), text("99999999999999999999B")})
    EXPECT_THAT(Size::read(bad, kSizes, out), ElementsAre("must be 0B to 64GiB"));
  EXPECT_EQ(out, 1u);
}

TEST(DurationForm, TakesEveryUnit) {
  const Bounds bounds{0, 86'400'000};
  const std::vector<std::pair<const char*, milliseconds>> durations{
      {"0ms", milliseconds{0}},        {"1800ms", milliseconds{1'800}},
      {"10s", milliseconds{10'000}},   {"2m", milliseconds{120'000}},
      {"1h", milliseconds{3'600'000}}, {"1d", milliseconds{86'400'000}}};
  for (const auto& [written, meant] : durations) {
    milliseconds out{7};
    EXPECT_THAT(Duration::read(text(written), bounds, out), IsEmpty()) << written;
    EXPECT_EQ(out, meant) << written;
  }
}

TEST(DurationForm, RefusesANumberWithoutUnit) {
  milliseconds out{7};
  EXPECT_THAT(Duration::read(number(10), {0, 60'000}, out),
              ElementsAre(HasSubstr("its unit (ms, s, m, h or d)")));
  EXPECT_THAT(Duration::read(text("10"), {0, 60'000}, out), testing::SizeIs(1));
  EXPECT_THAT(Duration::read(text("4.5s"), {0, 60'000}, out), testing::SizeIs(1));
  EXPECT_THAT(Duration::read(text("10 s"), {0, 60'000}, out), testing::SizeIs(1));
  EXPECT_THAT(Duration::read(text("10us"), {0, 60'000}, out), testing::SizeIs(1));
  EXPECT_EQ(out, milliseconds{7});
}

TEST(DurationForm, NamesItsBoundsInTheirLargestUnit) {
  milliseconds out{7};
  EXPECT_THAT(Duration::read(text("99ms"), {100, 30'000}, out),
              ElementsAre("must be 100ms to 30s"));
  EXPECT_THAT(Duration::read(text("30001ms"), {100, 30'000}, out),
              ElementsAre("must be 100ms to 30s"));
  EXPECT_THAT(Duration::read(text("2d"), {0, 86'400'000}, out), ElementsAre("must be 0ms to 1d"));
  EXPECT_EQ(out, milliseconds{7});
}

TEST(DurationForm, RefusesAFractionWhereSecondsCount) {
  seconds out{7};
  EXPECT_THAT(Duration::read(text("1500ms"), {0, 60'000}, out),
              ElementsAre("must be whole seconds, not 1500ms"));
  EXPECT_THAT(Duration::read(text("2000ms"), {0, 60'000}, out), IsEmpty());
  EXPECT_EQ(out, seconds{2});
}

TEST(LabelForm, TakesWhatCanNameAFileAndAMetric) {
  std::string out;
  for (const std::string& good :
       {std::string{"eni"}, std::string{"Eth-0_a"}, std::string(32, 'x')}) {
    EXPECT_THAT(Label::read(text(good), {}, out), IsEmpty()) << good;
    EXPECT_EQ(out, good);
  }
  for (const std::string& bad : {std::string{}, std::string{"a b"}, std::string{"a/b"},
                                 std::string{".."}, std::string{"\xc3\xa9"}, std::string(33, 'x')})
    EXPECT_THAT(Label::read(text(bad), {}, out), testing::SizeIs(1)) << bad;
}

TEST(PathForm, RefusesWhatDependsOnTheWorkingDirectoryOrDoesNotFit) {
  std::string out;
  EXPECT_THAT(Path::read(text("run/sluice"), {1, 107}, out), testing::SizeIs(1));
  EXPECT_THAT(Path::read(text(""), {1, 107}, out), testing::SizeIs(1));
  EXPECT_THAT(Path::read(text(std::string{"/run\0x", 6}), {1, 107}, out), testing::SizeIs(1));
  EXPECT_THAT(Path::read(text("/" + std::string(107, 'x')), {1, 107}, out),
              ElementsAre("must be at most 107 bytes long, not 108"));
  EXPECT_THAT(Path::read(text("/" + std::string(106, 'x')), {1, 107}, out), IsEmpty());
  EXPECT_EQ(out.size(), 107u);
}

TEST(PathForm, MayBeEmptyWhereThatMeansNone) {
  std::string out = "/run";
  EXPECT_THAT(OptionalPath::read(text("x"), {0, 107}, out), testing::SizeIs(1));
  EXPECT_THAT(OptionalPath::read(text(""), {0, 107}, out), IsEmpty());
  EXPECT_EQ(out, "");
}

TEST(LevelForm, TakesTheFourLevels) {
  LogLevel out = LogLevel::info;
  EXPECT_THAT(Level::read(text("error"), {}, out), IsEmpty());
  EXPECT_EQ(out, LogLevel::error);
  EXPECT_THAT(Level::read(text("trace"), {}, out), ElementsAre(HasSubstr("not \"trace\"")));
  EXPECT_THAT(Level::read(text("INFO"), {}, out), testing::SizeIs(1));
}

TEST(ListenForm, TakesPort53WhereNoneIsSaid) {
  std::vector<Endpoint> out;
  EXPECT_THAT(
      ListenAddresses::read(list({"192.0.2.1", "[2001:db8::1]", "::1", "192.0.2.2:5353"}), {}, out),
      IsEmpty());
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(out[0].port, 53);
  EXPECT_EQ(out[1].port, 53);
  EXPECT_EQ(out[2].port, 53);
  EXPECT_EQ(out[3].port, 5'353);
}

TEST(ListenForm, LetsTheKernelChooseAnyNumberOfPorts) {
  std::vector<Endpoint> out;
  EXPECT_THAT(ListenAddresses::read(list({"127.0.0.1:0", "127.0.0.1:0", "0.0.0.0:0"}), {}, out),
              IsEmpty());
}

TEST(ListenForm, RefusesAddressesThatTakeEachOthersQueries) {
  std::vector<Endpoint> out;
  EXPECT_THAT(ListenAddresses::read(list({"192.0.2.1", "192.0.2.1:53"}), {}, out),
              ElementsAre(HasSubstr("cannot both be listened on")));
  EXPECT_THAT(ListenAddresses::read(list({"127.0.0.1", "0.0.0.0"}), {}, out), testing::SizeIs(1));
  EXPECT_THAT(ListenAddresses::read(list({"[::]:53", "[::1]:53"}), {}, out), testing::SizeIs(1));
  EXPECT_THAT(ListenAddresses::read(list({"0.0.0.0:53", "[::]:53", "0.0.0.0:54"}), {}, out),
              IsEmpty())
      << "families and ports are apart";
}

TEST(ListenForm, ReportsEachBadAddress) {
  std::vector<Endpoint> out;
  EXPECT_THAT(ListenAddresses::read(list({"localhost", "192.0.2.1", "192.0.2.1:66000"}), {}, out),
              ElementsAre(HasSubstr("\"localhost\""), HasSubstr("\"192.0.2.1:66000\"")));
  EXPECT_THAT(ListenAddresses::read(list({"::ffff:192.0.2.1"}), {}, out),
              ElementsAre(HasSubstr("write it as IPv4")));
}

TEST(ListForms, AreBounded) {
  std::vector<Endpoint> out;
  bool follow_system = false;
  std::vector<std::string> addresses, interfaces, names;
  for (std::size_t i = 0; i <= kMaxListen; ++i) {
    addresses.push_back("192.0.2.1:" + std::to_string(1'000 + i));
    interfaces.push_back("eth" + std::to_string(i));
  }
  static_assert(kMaxListen == kMaxServers && kMaxListen == kMaxInterfaces);

  const auto too_long = ElementsAre("must have 1 to 16 entries, not 17");
  EXPECT_THAT(ListenAddresses::read(list(addresses), {}, out), too_long);
  EXPECT_THAT(Servers::read(list(addresses), {}, out, follow_system), too_long);
  EXPECT_THAT(Interfaces::read(list(interfaces), {}, names), too_long);
  const auto too_short = ElementsAre("must have 1 to 16 entries, not 0");
  EXPECT_THAT(ListenAddresses::read(list({}), {}, out), too_short);
  EXPECT_THAT(Servers::read(list({}), {}, out, follow_system), too_short);
  EXPECT_THAT(Interfaces::read(list({}), {}, names), too_short);

  addresses.pop_back();
  interfaces.pop_back();
  EXPECT_THAT(ListenAddresses::read(list(addresses), {}, out), IsEmpty());
  EXPECT_THAT(Servers::read(list(addresses), {}, out, follow_system), IsEmpty());
  EXPECT_THAT(Interfaces::read(list(interfaces), {}, names), IsEmpty());
}

TEST(AdminForm, NeedsAPortOrNothing) {
  std::string out = "x";
  EXPECT_THAT(AdminAddress::read(text("127.0.0.1"), {}, out), testing::SizeIs(1));
  EXPECT_THAT(AdminAddress::read(text("[::1]"), {}, out), testing::SizeIs(1));
  EXPECT_THAT(AdminAddress::read(text(":9353"), {}, out), testing::SizeIs(1));
  EXPECT_THAT(AdminAddress::read(text("[::1]:0"), {}, out), IsEmpty());
  EXPECT_EQ(out, "[::1]:0");
  EXPECT_THAT(AdminAddress::read(text(""), {}, out), IsEmpty());
  EXPECT_EQ(out, "");
}

TEST(ServersForm, FollowsTheSystemAloneOrTakesAddresses) {
  std::vector<Endpoint> out;
  bool follow_system = false;
  EXPECT_THAT(Servers::read(list({"system"}), {}, out, follow_system), IsEmpty());
  EXPECT_TRUE(follow_system);
  EXPECT_THAT(out, IsEmpty());

  EXPECT_THAT(Servers::read(list({"192.0.2.1"}), {}, out, follow_system), IsEmpty());
  EXPECT_FALSE(follow_system);
  EXPECT_THAT(out, ElementsAre(*Endpoint::parse("192.0.2.1:53", 0)));

  EXPECT_THAT(Servers::read(list({"system", "192.0.2.1"}), {}, out, follow_system),
              ElementsAre(HasSubstr("stands alone")));
}

TEST(ServersForm, RefusesWhatNoServerHas) {
  std::vector<Endpoint> out;
  bool follow_system = false;
  EXPECT_THAT(Servers::read(list({"192.0.2.1:0", "0.0.0.0", "[::]:53"}), {}, out, follow_system),
              ElementsAre(HasSubstr("port"), HasSubstr("no server"), HasSubstr("no server")));
  EXPECT_THAT(Servers::read(list({"192.0.2.1", "192.0.2.1:53"}), {}, out, follow_system),
              ElementsAre(HasSubstr("given twice")));
}

TEST(InterfacesForm, TakesAutoOrNamesThatTheKernelTakes) {
  std::vector<std::string> out{"x"};
  EXPECT_THAT(Interfaces::read(text("auto"), {}, out), IsEmpty());
  EXPECT_THAT(out, IsEmpty());
  EXPECT_THAT(Interfaces::read(list({"eth0", "ens5", "fifteen-letters"}), {}, out), IsEmpty());
  EXPECT_THAT(out, ElementsAre("eth0", "ens5", "fifteen-letters"));

  EXPECT_THAT(Interfaces::read(text("eth0"), {}, out), ElementsAre(HasSubstr("[\"eth0\"")));
  for (const char* bad : {"", ".", "..", "a/b", "a b", "eth0:1", "sixteen--letters"})
    EXPECT_THAT(Interfaces::read(list({bad}), {}, out), ElementsAre(HasSubstr("no interface")))
        << bad;
  EXPECT_THAT(Interfaces::read(list({"eth0", "eth0"}), {}, out),
              ElementsAre(HasSubstr("given twice")));
}

TEST(ZoneForm, TakesANameWithOrWithoutItsFinalDot) {
  dns::Name with, without, upper, root;
  EXPECT_THAT(ZoneName::read(text("a.example."), {}, with), IsEmpty());
  EXPECT_THAT(ZoneName::read(text("a.example"), {}, without), IsEmpty());
  EXPECT_THAT(ZoneName::read(text("A.EXAMPLE"), {}, upper), IsEmpty());
  EXPECT_EQ(with, without);
  EXPECT_EQ(with, upper);
  EXPECT_THAT(ZoneName::read(text("."), {}, root), IsEmpty());
  EXPECT_TRUE(root.is_root());
}

TEST(ZoneForm, RefusesWhatIsNoName) {
  dns::Name out;
  for (const std::string& bad : {std::string{}, std::string{"a..example"}, std::string{".example"},
                                 std::string(64, 'x') + ".example"})
    EXPECT_THAT(ZoneName::read(text(bad), {}, out), testing::SizeIs(1)) << bad;
}

TEST(Flag, IsABooleanAndNothingThatLooksLikeOne) {
  bool out = false;
  EXPECT_THAT(Flag::read({true, "a boolean"}, {}, out), IsEmpty());
  EXPECT_TRUE(out);
  EXPECT_THAT(Flag::read(text("false"), {}, out),
              ElementsAre("must be true or false, not a string"));
  EXPECT_TRUE(out);
}

TEST(CounterSource, IsTheDriverAFileOrNothing) {
  std::string out;
  EXPECT_THAT(CounterSource::read(text("/run/counter"), {0, 4'095}, out), IsEmpty());
  EXPECT_EQ(out, "/run/counter");
  EXPECT_THAT(CounterSource::read(text("auto"), {0, 4'095}, out), IsEmpty());
  EXPECT_THAT(CounterSource::read(text("driver"), {0, 4'095}, out), testing::SizeIs(1));
  EXPECT_THAT(CounterSource::read({true, "a boolean"}, {0, 4'095}, out), testing::SizeIs(1));
  EXPECT_EQ(out, "auto");
  EXPECT_THAT(CounterSource::read(text(""), {0, 4'095}, out), IsEmpty());
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace sluice::conf::form
