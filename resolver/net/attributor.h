#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "metrics/attribution_metrics.h"
#include "metrics/counter_block.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/spender.h"
#include "resolver/client.h"
#include "resolver/net/client_sockets.h"
#include "resolver/net/recent_table.h"
#include "resolver/net/spender_look.h"
#include "resolver/net/spender_reader.h"
#include "resolver/net/spender_words.h"

namespace sluice::net {

using AttributionCounters = metrics::CounterBlock<metrics::AttributionMetric>;

/// Says who asks: for a client of the network its address; for one of this host the control group
/// of its socket; where all are in the root group, the user and, once it is found, the program.
///
/// A client that is not surely known is `unknown`, never somebody else, with one exception: a port
/// that passes to another program within kClientMemory counts as the former's until then. Without a
/// kernel that tells of sockets, and in another network namespace, all are told apart by address.
/// Programs of one user choose their names themselves: they cannot pass for another user's.
///
/// To be made, used and destroyed in the engine's thread, but for describe(); `engine_loop` must
/// not run after it. identify() does not block and does not throw. A query of a socket that is
/// known costs some 50 ns, else 3 us.
class Attributor {
 public:
  /// Clients whose socket is remembered, and for how long, so that a burst costs one look-up.
  static constexpr std::size_t kMaxClients = 4'096;
  static constexpr Duration kClientMemory = std::chrono::seconds{1};
  /// Sockets whose program is remembered, and for how long after it last asked: inodes come again.
  static constexpr std::size_t kMaxSockets = 4'096;
  static constexpr Duration kSocketMemory = std::chrono::seconds{30};
  /// Spenders that we need not ask the reader about, which takes a lock, and for how long.
  static constexpr std::size_t kMaxNamed = 1'024;
  static constexpr Duration kNamedMemory = std::chrono::seconds{10};

  Attributor(boost::asio::io_context& engine_loop, HashKey key, SpenderSources sources,
             SpenderReader::Pace pace);
  Attributor(boost::asio::io_context& engine_loop, HashKey key)
      : Attributor{engine_loop, key, SpenderSources{}, SpenderReader::Pace{}} {}
  Attributor(const Attributor&) = delete;
  Attributor& operator=(const Attributor&) = delete;

  /// False if the kernel does not tell of UDP sockets. Does not change: worth one line in the log.
  [[nodiscard]] bool is_available() const noexcept { return sockets_.can_find(Transport::udp); }

  /// Who sent a query that has just arrived. `listener` is where the socket that received it is
  /// bound; on a wildcard, `client` says which address was asked.
  [[nodiscard]] Spender identify(const ClientRef& client, const Endpoint& listener,
                                 TimePoint now) noexcept;

  /// What identify() has given, by what has been found out since: the program behind a socket.
  [[nodiscard]] Spender known_as(const Spender& spender, TimePoint now) noexcept;

  /// See SpenderReader::describe(). Any thread, for as long as this object lives.
  [[nodiscard]] SpenderWords describe(const Spender& spender) {
    return reader_.describe(spender.without_socket());
  }

  [[nodiscard]] const AttributionCounters& counters() const noexcept { return counters_; }

 private:
  struct Client {
    Endpoint endpoint;
    Transport transport = Transport::udp;
    bool operator==(const Client&) const = default;
  };
  struct Named {
    Spender spender;
    std::uint32_t uid = 0;
    bool operator==(const Named&) const = default;
  };

  [[nodiscard]] Spender spender_of(const ClientRef& client, const Endpoint& asked,
                                   TimePoint now) noexcept;
  [[nodiscard]] std::optional<ClientSocket> socket_of(const ClientRef& client,
                                                      const Endpoint& asked,
                                                      TimePoint now) noexcept;
  [[nodiscard]] Spender group_of(const ClientSocket& socket, TimePoint now) noexcept;
  [[nodiscard]] Spender program_of(const ClientSocket& socket, TimePoint now) noexcept;
  void want_name(const Spender& spender, std::uint32_t uid, TimePoint now) noexcept;
  void take(const SpenderReader::Reading& reading, TimePoint now) noexcept;
  [[nodiscard]] std::uint64_t hash_of(std::uint64_t number) const noexcept;

  HashKey key_;
  AttributionCounters counters_;
  ClientSockets sockets_;
  RecentTable<Client, ClientSocket> clients_{kMaxClients, kClientMemory};
  RecentTable<std::uint32_t, Spender> programs_{kMaxSockets, kSocketMemory};  // by inode
  RecentTable<Named, std::uint8_t> named_{kMaxNamed, kNamedMemory};
  SpenderReader reader_;
};

}  // namespace sluice::net
