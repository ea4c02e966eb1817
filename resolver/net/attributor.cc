#include "resolver/net/attributor.h"

#include <utility>

namespace sluice::net {

namespace {

using metrics::AttributionMetric;

// Where sockets are that no group of version 2 tells apart.
constexpr std::uint64_t kRootGroup = 1;

AttributionMetric metric_of(SpenderKind kind) noexcept {
  switch (kind) {
    case SpenderKind::unknown:
      return AttributionMetric::by_unknown;
    case SpenderKind::address:
      return AttributionMetric::by_address;
    case SpenderKind::cgroup:
      return AttributionMetric::by_cgroup;
    case SpenderKind::process:
      return AttributionMetric::by_process;
    case SpenderKind::user:
      return AttributionMetric::by_user;
  }
  return AttributionMetric::by_unknown;
}

}  // namespace

Attributor::Attributor(boost::asio::io_context& engine_loop, HashKey key, SpenderSources sources,
                       SpenderReader::Pace pace)
    : key_{key},
      reader_{engine_loop, key,
              [this](const SpenderReader::Reading& reading) { take(reading, Clock::now()); },
              std::move(sources), pace} {
  counters_.set(AttributionMetric::unavailable, is_available() ? 0 : 1);
}

Spender Attributor::identify(const ClientRef& client, const Endpoint& listener,
                             TimePoint now) noexcept {
  const bool has_many = client.local.family != Address::Family::none;
  const Endpoint asked{has_many ? client.local : listener.address, listener.port};
  const Spender spender = spender_of(client, asked, now);
  counters_.add(metric_of(spender.kind));
  return spender;
}

Spender Attributor::spender_of(const ClientRef& client, const Endpoint& asked,
                               TimePoint now) noexcept {
  const Address& address = client.client.address;
  // Who has the address that was asked is on this host, too, or on one that shares it.
  const bool is_ours = address == asked.address;
  if (!(address.is_loopback() || is_ours) || !sockets_.can_find(client.transport))
    return Spender::of_address(address);
  if (const auto socket = socket_of(client, asked, now)) return group_of(*socket, now);
  return address.is_loopback() ? Spender{} : Spender::of_address(address);
}

Spender Attributor::known_as(const Spender& spender, TimePoint now) noexcept {
  if (spender.kind != SpenderKind::user || spender.inode() == 0) return spender;
  const auto inode = static_cast<std::uint32_t>(spender.inode());
  const Spender* known = programs_.find(inode, hash_of(inode), now);
  return (known != nullptr ? *known : spender).without_socket();
}

std::optional<ClientSocket> Attributor::socket_of(const ClientRef& client, const Endpoint& asked,
                                                  TimePoint now) noexcept {
  const Client about{client.client, client.transport};
  const std::uint64_t hash =
      about.endpoint.hash(key_) ^ static_cast<std::uint64_t>(about.transport);
  if (const ClientSocket* known = clients_.find(about, hash, now)) return *known;
  const auto socket = sockets_.find(client.client, asked, client.transport, client.interface_index);
  counters_.add(socket ? AttributionMetric::lookups_found : AttributionMetric::lookups_failed);
  if (socket && clients_.put(about, hash, *socket, now) == decltype(clients_)::Room::made)
    counters_.add(AttributionMetric::clients_evicted);
  return socket;
}

Spender Attributor::group_of(const ClientSocket& socket, TimePoint now) noexcept {
  if (socket.cgroup_id <= kRootGroup) return program_of(socket, now);
  const Spender group = Spender::of_cgroup(socket.cgroup_id);
  want_name(group, socket.uid, now);
  return group;
}

// The program if it has been found, else the user. A socket that nobody was found to hold stays the
// user's: it has been closed, or we may not see it.
Spender Attributor::program_of(const ClientSocket& socket, TimePoint now) noexcept {
  const std::uint64_t hash = hash_of(socket.inode);
  if (const Spender* known = programs_.find_and_renew(socket.inode, hash, now)) return *known;
  const Spender user = Spender::of_socket(socket.uid, socket.inode);
  want_name(user.without_socket(), socket.uid, now);
  if (reader_.want_holder(socket) == SpenderReader::Verdict::dropped)
    counters_.add(AttributionMetric::requests_dropped);
  else if (programs_.put(socket.inode, hash, user, now) == decltype(programs_)::Room::made)
    counters_.add(AttributionMetric::sockets_evicted);
  return user;
}

void Attributor::want_name(const Spender& spender, std::uint32_t uid, TimePoint now) noexcept {
  const Named about{spender, uid};
  const std::uint64_t hash = spender.hash(key_) ^ uid;
  if (named_.find(about, hash, now) != nullptr) return;
  if (reader_.want_name(spender, uid) == SpenderReader::Verdict::dropped)
    counters_.add(AttributionMetric::requests_dropped);
  else
    named_.put(about, hash, {}, now);
}

void Attributor::take(const SpenderReader::Reading& reading, TimePoint now) noexcept {
  for (const auto& [inode, spender] : reading.findings.holders)
    if (Spender* known = programs_.find(inode, hash_of(inode), now)) *known = spender;
  counters_.add(AttributionMetric::process_scans, reading.findings.process_scans);
  counters_.add(AttributionMetric::group_scans, reading.findings.group_scans);
  counters_.add(AttributionMetric::scans_cut, reading.findings.scans_cut);
  counters_.add(AttributionMetric::names_evicted, reading.names_evicted);
}

std::uint64_t Attributor::hash_of(std::uint64_t number) const noexcept {
  SipHasher hasher{key_};
  hasher.add(number);
  return hasher.finish();
}

}  // namespace sluice::net
