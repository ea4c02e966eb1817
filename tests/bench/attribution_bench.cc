#include <sys/socket.h>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "resolver/net/attributor.h"
#include "resolver/net/socket.h"

namespace sluice::net {
namespace {

constexpr HashKey kHashKey{.k0 = 17, .k1 = 42};

Endpoint loopback() { return Endpoint::parse("127.0.0.1", 0).value(); }

/// A client on this host, beside so many other UDP sockets.
class Host {
 public:
  explicit Host(std::int64_t others) {
    for (std::int64_t i = 0; i < others; ++i)
      if (auto socket = open_udp(loopback(), PortSharing::alone))
        others_.push_back(std::move(socket).value());
  }
  [[nodiscard]] Endpoint client() const { return local_endpoint(client_.descriptor()); }
  [[nodiscard]] Endpoint server() const { return local_endpoint(server_.descriptor()); }

 private:
  Socket server_ = open_udp(loopback(), PortSharing::alone).value();
  Socket client_ = open_udp(loopback(), PortSharing::alone).value();
  std::vector<Socket> others_;
};

void find_client(benchmark::State& state) {
  const Host host{state.range(0)};
  const Endpoint client = host.client();
  const Endpoint server = host.server();
  ClientSockets sockets;
  for (auto _ : state) benchmark::DoNotOptimize(sockets.find(client, server, Transport::udp, 0));
}
BENCHMARK(find_client)->Arg(0)->Arg(500);

void find_nobody(benchmark::State& state) {
  const Host host{0};
  Endpoint nobody = host.client();
  nobody.port = 1;
  const Endpoint server = host.server();
  ClientSockets sockets;
  for (auto _ : state) benchmark::DoNotOptimize(sockets.find(nobody, server, Transport::udp, 0));
}
BENCHMARK(find_nobody);

void identify_known_client(benchmark::State& state) {
  const Host host{0};
  boost::asio::io_context loop;
  Attributor attributor{loop, kHashKey};
  ClientRef client;
  client.client = host.client();
  const Endpoint server = host.server();
  const TimePoint now = Clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(attributor.identify(client, server, now));
}
BENCHMARK(identify_known_client);

void identify_network_client(benchmark::State& state) {
  boost::asio::io_context loop;
  Attributor attributor{loop, kHashKey};
  ClientRef client;
  client.client = Endpoint::parse("192.0.2.1:5353", 0).value();
  const Endpoint server = loopback();
  const TimePoint now = Clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(attributor.identify(client, server, now));
}
BENCHMARK(identify_network_client);

}  // namespace
}  // namespace sluice::net
