#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "conf/config.h"
#include "resolver/net/hand_over.h"
#include "resolver/net/tcp_listener.h"
#include "resolver/net/udp_listener.h"

namespace sluice::net {

/// Every socket that answers clients: UDP on each address in each thread, TCP on each address in
/// the engine's thread. The first thread is the engine's own, where misses reach the engine by a
/// call; each further one has a loop, counters and a HandOver of its own.
///
/// Thread-confined to the engine's thread, from construction to destruction.
class Listeners {
 public:
  /// All references must outlive this object.
  Listeners(boost::asio::io_context& engine_loop, cache::ResponseCache& cache, ClientAccess& access,
            QuerySink& engine, const conf::Server& config);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Opens all sockets, then starts the further threads. Returns the addresses as bound (port 0
  /// resolved), or one line for the operator; then nothing listens.
  [[nodiscard]] Result<std::vector<Endpoint>, std::string> open();

  /// Which clients may ask from now on.
  void allow(const std::shared_ptr<const policy::AccessList>& clients);

  /// Has one of `sample` replies of each thread logged from now on. `log` outlives this object.
  void log_to(QueryLog& log, std::uint32_t sample);
  /// Has messages from and to clients sent to `dnstap`, which has a queue for each thread and
  /// outlives this object. Before open().
  void send_to(Dnstap& dnstap);
  /// What replies of the engine pass.
  [[nodiscard]] ClientTap& engine_tap() noexcept { return lanes_.front()->tap; }

  /// Sends a reply where its query came from.
  void send(const ClientRef& client, std::span<const std::byte> message);

  /// Takes no more queries; send() goes on working for those taken.
  void stop();

  /// Counters of what the engine's thread does for clients; its own to write.
  [[nodiscard]] WorkerCounters& engine_counters() noexcept { return lanes_.front()->counters; }
  /// Datagrams that the kernel has dropped since a socket's buffer was full.
  [[nodiscard]] std::uint64_t socket_drops() const noexcept;
  /// One block for each thread.
  [[nodiscard]] std::vector<const WorkerCounters*> counters() const;

 private:
  /// What one thread needs to answer from the cache.
  struct Lane {
    Lane(cache::ResponseCache& cache, ClientAccess& access) : answers{cache, access, counters} {}
    WorkerCounters counters;
    AnswerPath answers;
    ClientTap tap;
    std::unique_ptr<boost::asio::io_context> loop;  // none in the engine's lane
    std::unique_ptr<HandOver> hand_over;            // none in the engine's lane
    std::vector<std::unique_ptr<UdpListener>> udp;
    std::thread thread;
  };

  [[nodiscard]] Result<Endpoint, std::string> open_one(const Endpoint& wanted);
  void join();

  boost::asio::io_context& engine_loop_;
  std::vector<Endpoint> addresses_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<UdpListener*> by_index_;
  TcpListener tcp_;
};

}  // namespace sluice::net
