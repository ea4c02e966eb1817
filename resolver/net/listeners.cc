#include "resolver/net/listeners.h"

#include <boost/asio/post.hpp>

#include "resolver/net/socket.h"

namespace sluice::net {

Listeners::Listeners(boost::asio::io_context& engine_loop, cache::ResponseCache& cache,
                     ClientAccess& access, QuerySink& engine, const conf::Server& config)
    : engine_loop_{engine_loop},
      addresses_{config.listen},
      lanes_{[&] {
        std::vector<std::unique_ptr<Lane>> lanes;
        for (std::uint32_t i = 0; i < config.threads; ++i) {
          lanes.push_back(std::make_unique<Lane>(cache, access));
          if (i == 0) continue;
          Lane& lane = *lanes.back();
          lane.loop = std::make_unique<boost::asio::io_context>(1);
          lane.hand_over = std::make_unique<HandOver>(engine_loop, engine, lane.counters);
        }
        return lanes;
      }()},
      tcp_{engine_loop,
           {.connections = config.tcp_connections,
            .connections_per_client = config.tcp_connections_per_client,
            .idle_timeout = config.tcp_idle_timeout},
           lanes_.front()->answers,
           engine,
           lanes_.front()->tap} {
  for (const auto& lane : lanes_) {
    QuerySink& sink = lane->hand_over ? static_cast<QuerySink&>(*lane->hand_over) : engine;
    boost::asio::io_context& loop = lane->loop ? *lane->loop : engine_loop_;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      lane->udp.push_back(std::make_unique<UdpListener>(
          loop, static_cast<std::uint16_t>(by_index_.size()), lane->answers, sink, lane->tap));
      by_index_.push_back(lane->udp.back().get());
    }
  }
}

Listeners::~Listeners() { join(); }

Result<std::vector<Endpoint>, std::string> Listeners::open() {
  std::vector<Endpoint> bound;
  for (const Endpoint& address : addresses_) {
    auto endpoint = open_one(address);
    if (!endpoint) return failure(std::move(endpoint).error());
    bound.push_back(endpoint.value());
  }
  for (const auto& lane : lanes_) {
    if (!lane->loop) continue;
    lane->thread = std::thread{[loop = lane->loop.get()] {
      const auto work = boost::asio::make_work_guard(*loop);
      loop->run();
    }};
  }
  return success(std::move(bound));
}

Result<Endpoint, std::string> Listeners::open_one(const Endpoint& wanted) {
  const auto position = static_cast<std::size_t>(&wanted - addresses_.data());
  const PortSharing sharing = lanes_.size() > 1 ? PortSharing::shared : PortSharing::alone;
  auto endpoint = with_free_port(wanted);
  // TCP first: it never shares a port, so a second daemon on this address fails here.
  if (endpoint) endpoint = tcp_.listen(endpoint.value());
  for (const auto& lane : lanes_) {
    if (!endpoint) break;
    endpoint = lane->udp[position]->listen(endpoint.value(), sharing);
  }
  return endpoint;
}

void Listeners::allow(const std::shared_ptr<const policy::AccessList>& clients) {
  for (const auto& lane : lanes_) {
    if (lane->loop)
      boost::asio::post(*lane->loop, [&lane = *lane, clients] { lane.answers.allow(clients); });
    else
      lane->answers.allow(clients);
  }
}

void Listeners::log_to(QueryLog& log, std::uint32_t sample) {
  for (const auto& lane : lanes_) {
    if (lane->loop)
      boost::asio::post(*lane->loop, [&tap = lane->tap, &log, sample] { tap.log_to(log, sample); });
    else
      lane->tap.log_to(log, sample);
  }
}

void Listeners::send_to(Dnstap& dnstap) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->tap.send_to(dnstap, i);
}

void Listeners::send(const ClientRef& client, std::span<const std::byte> message) {
  if ((dns::read_u16(message, 2) & dns::Header::kTc) != 0)
    lanes_.front()->counters.add(metrics::WorkerMetric::replies_truncated);
  if (client.transport == Transport::tcp)
    tcp_.send(client, message);
  else
    by_index_[client.listener]->send(client, message, lanes_.front()->counters);
}

void Listeners::stop() {
  tcp_.stop();
  for (const auto& listener : lanes_.front()->udp) listener->stop();
  join();
}

void Listeners::join() {
  for (const auto& lane : lanes_) {
    if (!lane->thread.joinable()) continue;
    lane->loop->stop();
    lane->thread.join();
    for (const auto& listener : lane->udp) listener->stop();
  }
}

std::uint64_t Listeners::socket_drops() const noexcept {
  std::uint64_t drops = 0;
  for (const UdpListener* listener : by_index_) drops += listener->drops();
  return drops;
}

std::vector<const WorkerCounters*> Listeners::counters() const {
  std::vector<const WorkerCounters*> blocks;
  for (const auto& lane : lanes_) blocks.push_back(&lane->counters);
  return blocks;
}

}  // namespace sluice::net
