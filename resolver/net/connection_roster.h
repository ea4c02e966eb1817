#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

#include "resolver/base/endpoint.h"

namespace sluice::net {

/// Which connections of clients are open, and which one closes where one more would be too many:
/// an idle one, so that whoever holds connections and asks nothing locks nobody out (RFC 7766
/// section 6.2.3). Pure: knows IDs and addresses, no sockets.
///
/// A client is what client_network() says. Thread-confined. Constant time but for a look at the
/// clients (a tree) when one opens, and at kLook connections when one must go. Allocates when a
/// connection opens.
class ConnectionRoster {
 public:
  using Id = std::uint64_t;

  struct Limits {
    std::size_t all;
    std::size_t per_client;
  };

  /// How many connections, those idle longest, are looked at for one to close.
  static constexpr std::size_t kLook = 256;

  explicit ConnectionRoster(const Limits& limits) noexcept : limits_{limits} {}
  ConnectionRoster(const ConnectionRoster&) = delete;
  ConnectionRoster& operator=(const ConnectionRoster&) = delete;

  /// A new connection, idle since now. The ID is in no other.
  void open(Id id, const Address& client);
  /// A connection that has just been of use.
  void touch(Id id) noexcept;
  void close(Id id) noexcept;

  /// Whether `client` may open one more as things are.
  [[nodiscard]] bool has_room_for(const Address& client) const noexcept;

  /// The connection to close so that `client`, for whom there is no room, may open one; `is_busy`
  /// tells of an ID whether a query that came by it is being worked on. Where the client itself has
  /// too many: its idle one that has not been of use for longest. Else, of the idle ones, one of
  /// the client that has most, again that of no use for longest. Busy ones go only if none is idle,
  /// and only to make room for a client with at least two fewer. nullopt if none may go.
  template <typename IsBusy>
  [[nodiscard]] std::optional<Id> one_to_close_for(const Address& client, IsBusy&& is_busy) const;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// More than three quarters of all that may be open are.
  [[nodiscard]] bool is_crowded() const noexcept { return 4 * size() > 3 * limits_.all; }

 private:
  using Order = std::list<Id>;               // the one of no use for longest is first
  using Clients = std::map<Address, Order>;  // by client_network(); no list is empty
  struct Entry {
    Clients::iterator client;
    Order::iterator in_client;
    Order::iterator in_all;
  };

  [[nodiscard]] const Order* connections_of(const Address& client) const noexcept;

  Limits limits_;
  Order all_;
  Clients clients_;
  std::unordered_map<Id, Entry> entries_;
};

template <typename IsBusy>
std::optional<ConnectionRoster::Id> ConnectionRoster::one_to_close_for(const Address& client,
                                                                       IsBusy&& is_busy) const {
  const Order* own = connections_of(client);
  const std::size_t own_count = own == nullptr ? 0 : own->size();
  const bool is_own_limit = own != nullptr && own_count >= limits_.per_client;
  const Order& order = is_own_limit ? *own : all_;

  std::optional<Id> idle, busy;
  std::size_t most_idle = 0, most_busy = own_count + 1;  // connections of the client it is of
  std::size_t looks_left = kLook;
  for (auto it = order.begin(); it != order.end() && looks_left > 0; ++it, --looks_left) {
    const std::size_t count = entries_.find(*it)->second.client->second.size();
    auto& best = is_busy(*it) ? busy : idle;
    auto& most = is_busy(*it) ? most_busy : most_idle;
    if (count <= most) continue;
    best = *it;
    most = count;
  }
  return idle ? idle : busy;
}

}  // namespace sluice::net
