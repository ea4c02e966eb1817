#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "metrics/exporter.h"
#include "policy/network_labels.h"
#include "resolver/client.h"
#include "resolver/dns/response.h"

namespace sluice {

/// Counts what goes to servers and comes from them, and which addresses answers lead clients to, by
/// the networks of the configuration: why there is traffic between zones, and what it costs.
///
/// Thread-confined to the engine; the counters live as long as it does and may be read by the
/// exporter. Counting does not allocate. Bound: kMaxNames.
class NetworkTraffic {
 public:
  /// Networks that are counted, those of earlier configurations and "other" among them.
  static constexpr std::size_t kMaxNames = 256;

  /// What was sent or received.
  struct Load {
    std::uint32_t packets = 0;
    std::size_t octets = 0;  ///< of DNS messages; what their headers take is added
  };

  /// Knows no network: everything is "other".
  NetworkTraffic();

  /// Whether configure() may be called with `networks`: counters are never given up.
  [[nodiscard]] bool has_room_for(std::span<const conf::Network> networks) const noexcept;
  /// A network of the same name goes on with its counters.
  void configure(std::span<const conf::Network> networks);

  void on_sent(const Address& server, Transport transport, Load load) noexcept;
  void on_received(const Address& server, Transport transport, Load load) noexcept;
  /// Each A and AAAA record in the answer section of `message`, parsed as `response`.
  void on_answer(std::span<const std::byte> message, const dns::Response& response) noexcept;

  /// Adds this object's blocks to what is exported.
  void add_sources(metrics::Sources& sources) const;

 private:
  using Block = metrics::CounterBlock<metrics::NetworkMetric>;
  struct Network {
    explicit Network(std::string label) : name{std::move(label)} {}

    std::string name;
    double cost_per_gb = 0;
    Block counters{};
  };

  [[nodiscard]] policy::NetworkLabels::Label label_named(const std::string& name);
  [[nodiscard]] Block& block_of(const Address& address) noexcept;

  std::vector<std::unique_ptr<Network>> networks_;  // by label; the first is "other"
  policy::NetworkLabels labels_;
};

}  // namespace sluice
