#include "resolver/net/background_allowance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace sluice::net {
namespace {

const std::vector<std::string> kInterfaces{"eth0"};

/// A source whose reads take until the test lets them end.
class SlowSource final : public AllowanceSource {
 public:
  explicit SlowSource(std::shared_future<void> gate) : gate_{std::move(gate)} {}
  std::optional<std::uint64_t> read(const std::vector<std::string>& interfaces) override {
    gate_.wait();
    return interfaces == kInterfaces ? 42 : 7;
  }

 private:
  std::shared_future<void> gate_;
};

std::uint64_t read_until_known(AllowanceSource& source, const std::vector<std::string>& names) {
  auto count = source.read(names);
  while (!count) {
    std::this_thread::yield();
    count = source.read(names);
  }
  return *count;
}

TEST(BackgroundAllowance, NeverWaitsForASlowSource) {
  std::promise<void> gate;
  {
    BackgroundAllowanceSource source{std::make_unique<SlowSource>(gate.get_future().share())};
    EXPECT_EQ(source.read(kInterfaces), std::nullopt);
    EXPECT_EQ(source.read(kInterfaces), std::nullopt);
  }  // nor when it goes away
  gate.set_value();
}

TEST(BackgroundAllowance, GivesWhatWasReadOfTheInterfacesOfNow) {
  std::promise<void> gate;
  gate.set_value();
  BackgroundAllowanceSource source{std::make_unique<SlowSource>(gate.get_future().share())};
  EXPECT_EQ(read_until_known(source, kInterfaces), 42U);

  EXPECT_EQ(source.read({"eth1"}), std::nullopt) << "not what the other one had";
  EXPECT_EQ(read_until_known(source, {"eth1"}), 7U);
}

TEST(BackgroundAllowance, IsNothingWithoutASource) { EXPECT_EQ(in_background(nullptr), nullptr); }

}  // namespace
}  // namespace sluice::net
