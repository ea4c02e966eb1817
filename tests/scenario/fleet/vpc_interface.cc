#include "tests/scenario/fleet/vpc_interface.h"

namespace sluice::fleet {

namespace {

constexpr HashKey kNamesKey{0x6e, 0x616d6573};

std::uint64_t hash(LookupName name) noexcept {
  SipHasher hasher{kNamesKey};
  hasher.add(std::uint64_t{name.number()});
  return hasher.finish();
}

}  // namespace

std::optional<VpcAnswer> VpcInterface::send(LookupName name, TimePoint now) {
  const std::int64_t now_ns = now.time_since_epoch().count();
  const bool is_counted = now >= since_ && now < until_;
  if (is_counted) sent_ns_.push_back(now_ns);
  if (!limit_.admit(now_ns)) {
    if (is_counted) ++drops_;
    return std::nullopt;
  }
  if (!name.is_reverse())
    return VpcAnswer{.delay = 2ms,
                     .is_success = true,
                     .ttl_seconds = 60 + static_cast<std::uint32_t>(hash(name) % 241)};
  const Duration jitter{static_cast<std::int64_t>(random_.below(2'000'000'000))};
  return VpcAnswer{.delay = 1s + jitter, .is_success = has_name(name), .ttl_seconds = 300};
}

bool VpcInterface::has_name(LookupName name) noexcept {
  return !name.is_reverse() || hash(name) % kAddressesPerName == 0;
}

std::uint64_t VpcInterface::worst_second() const noexcept {
  return lab::worst_window(sent_ns_, 1'000'000'000);
}

}  // namespace sluice::fleet
