#include "resolver/net/lane_watch.h"

#include <net/if.h>

#include <algorithm>
#include <utility>

#include "resolver/net/log.h"

namespace sluice::net {

namespace {

// The services whose packets share one allowance with the resolver's: all link-local IPv4
// addresses, and the IPv6 ones that AWS has set aside for them.
Destination link_local_ipv4() { return {.address = *Address::parse("169.254.0.0"), .bits = 16}; }
Destination link_local_ipv6() { return {.address = *Address::parse("fd00:ec2::"), .bits = 32}; }

bool is_link_local(const Address& address) {
  const auto& octet = address.bytes;
  if (address.family == Address::Family::ipv4) return octet[0] == 169 && octet[1] == 254;
  return octet[0] == 0xfd && octet[1] == 0x00 && octet[2] == 0x0e && octet[3] == 0xc2;
}

/// The packets that share the allowance of `servers`. To an address on the loopback interface
/// everything on this host goes, replies among it, so there only the server's port counts.
std::vector<Destination> destinations_of(const std::vector<Endpoint>& servers) {
  std::vector<Destination> destinations;
  const auto add = [&](const Destination& destination) {
    if (std::find(destinations.begin(), destinations.end(), destination) == destinations.end())
      destinations.push_back(destination);
  };
  for (const auto& [address, port] : servers) {
    const bool is_ipv4 = address.family == Address::Family::ipv4;
    if (is_link_local(address)) {
      add(link_local_ipv4());
      add(link_local_ipv6());
      continue;
    }
    add({.address = address,
         .bits = static_cast<std::uint8_t>(is_ipv4 ? 32 : 128),
         .port = address.is_loopback() ? port : std::uint16_t{0}});
  }
  return destinations;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

}  // namespace

LaneWatch::LaneWatch(WatchedLane lane) : lane_{std::move(lane)}, reason_{"not begun"} {}

LaneWatch::~LaneWatch() { lane_.budget->stop_watching(); }

void LaneWatch::change(WatchedLane lane) {
  lane_ = std::move(lane);
  if (!taps_.empty() && (!lane_.counts_others || !(route() == route_))) close_taps("changing");
}

void LaneWatch::on_second(TimePoint now) {
  std::optional<std::uint64_t> dropped;
  if (lane_.allowance) dropped = lane_.allowance->read(lane_.interfaces);
  control_.on_reading(dropped, now);
  note_others();
  if (lane_.budget->try_to_watch())
    hold(dropped.has_value(), now);
  else
    close_taps("another process that shares the budget watches");
  log_changes();
}

/// Adds up how these counts grow; one that has become smaller was reset with its driver.
void LaneWatch::note_others() {
  if (!lane_.allowance) return;
  const OtherAllowances present = lane_.allowance->others();
  for (std::size_t i = 0; i < present.size(); ++i)
    if (present[i] && last_others_[i] && *present[i] > *last_others_[i])
      others_dropped_[i] += *present[i] - *last_others_[i];
  last_others_ = present;
}

/// What the one that watches does. Gives the watch up if it can do nothing with it, so that a
/// process with more rights may have it.
void LaneWatch::hold(bool has_counter, TimePoint now) {
  if (taps_.empty()) open_taps();
  if (taps_.empty() && !has_counter) return lane_.budget->stop_watching();
  lane_.budget->publish_rate(control_.permille());
  (void)poll(now);
}

bool LaneWatch::poll(TimePoint now) {
  if (!foreign_) return false;
  const auto present = counts();
  const bool has_moved = present.seen != last_.seen || present.sent != last_.sent;
  last_ = present;
  if (const std::uint32_t packets = foreign_->on_counts(present); packets > 0) {
    lane_.budget->charge_foreign(packets, now);
    foreign_packets_ += packets;
  }
  return has_moved;
}

LaneReport LaneWatch::report() const {
  return {.is_counting = foreign_.has_value(),
          .reason = reason_,
          .foreign_packets = foreign_packets_,
          .allowance_dropped = control_.dropped(),
          .others_dropped = others_dropped_,
          .cuts = control_.cuts(),
          .permille = lane_.budget->permille()};
}

LaneWatch::Route LaneWatch::route() const {
  Route route{.interfaces = lane_.interfaces,
              .indexes = {},
              .destinations = destinations_of(lane_.servers)};
  for (const std::string& name : route.interfaces)
    route.indexes.push_back(::if_nametoindex(name.c_str()));
  return route;
}

void LaneWatch::open_taps() {
  if (!lane_.counts_others) return close_taps("count_others is off");
  if (lane_.interfaces.empty()) return close_taps("no interface leads to its servers");
  route_ = route();
  // Before any is opened: to close a tap again takes the kernel some 20 ms.
  for (std::size_t i = 0; i < route_.indexes.size(); ++i)
    if (route_.indexes[i] == 0) return close_taps("no interface " + route_.interfaces[i]);
  for (const std::string& interface : route_.interfaces) {
    auto tap = PacketTap::open(interface, route_.destinations);
    if (!tap) return close_taps(tap.error());
    taps_.push_back(std::move(tap).value());
  }
  reason_.clear();
  last_ = counts();
  // What a process can have paid for and not sent yet is a burst, however long it is stalled.
  foreign_.emplace(last_, lane_.budget->limits().burst);
}

void LaneWatch::close_taps(std::string reason) {
  taps_.clear();
  foreign_.reset();
  reason_ = std::move(reason);
}

policy::ForeignPackets::Counts LaneWatch::counts() {
  policy::ForeignPackets::Counts counts;
  for (PacketTap& tap : taps_) counts.seen += tap.total();
  counts.sent = lane_.budget->packets_sent_by_all();  // second, as ForeignPackets expects
  return counts;
}

void LaneWatch::log_changes() {
  if (std::exchange(logged_reason_, reason_) != reason_) {
    if (foreign_)
      log::info("counting_others",
                {{"budget", lane_.name}, {"interfaces", joined(lane_.interfaces)}});
    else
      log::info("not_counting_others", {{"budget", lane_.name},
                                        {"reason", reason_},
                                        {"effect", "the reserve must cover their packets"}});
  }
  const bool is_cut = control_.permille() < policy::RateControl::kFull;
  if (std::exchange(logged_cut_, is_cut) == is_cut) return;
  if (is_cut)
    log::warn("rate_cut", {{"budget", lane_.name},
                           {"interfaces", joined(lane_.interfaces)},
                           {"permille", control_.permille()},
                           {"reason", "the network drops packets of the interface"},
                           {"dropped", control_.dropped()}});
  else
    log::info("rate_restored", {{"budget", lane_.name}});
}

}  // namespace sluice::net
