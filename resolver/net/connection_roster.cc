#include "resolver/net/connection_roster.h"

#include "resolver/base/assert.h"
#include "resolver/base/prefix.h"

namespace sluice::net {

void ConnectionRoster::open(Id id, const Address& client) {
  SLUICE_ASSERT(!entries_.contains(id));
  const auto it = clients_.try_emplace(client_network(client)).first;
  Order& own = it->second;
  entries_.emplace(id, Entry{it, own.insert(own.end(), id), all_.insert(all_.end(), id)});
}

void ConnectionRoster::touch(Id id) noexcept {
  const auto it = entries_.find(id);
  SLUICE_ASSERT(it != entries_.end());
  const Entry& entry = it->second;
  Order& own = entry.client->second;
  own.splice(own.end(), own, entry.in_client);
  all_.splice(all_.end(), all_, entry.in_all);
}

void ConnectionRoster::close(Id id) noexcept {
  const auto it = entries_.find(id);
  SLUICE_ASSERT(it != entries_.end());
  const Entry entry = it->second;
  entries_.erase(it);
  all_.erase(entry.in_all);
  entry.client->second.erase(entry.in_client);
  if (entry.client->second.empty()) clients_.erase(entry.client);
}

const ConnectionRoster::Order* ConnectionRoster::connections_of(
    const Address& client) const noexcept {
  const auto it = clients_.find(client_network(client));
  return it == clients_.end() ? nullptr : &it->second;
}

bool ConnectionRoster::has_room_for(const Address& client) const noexcept {
  if (size() >= limits_.all) return false;
  const Order* own = connections_of(client);
  return own == nullptr || own->size() < limits_.per_client;
}

}  // namespace sluice::net
