#pragma once

#include <functional>
#include <memory>

#include "tests/scenario/fleet/crowd.h"
#include "tests/scenario/fleet/resolver.h"

namespace sluice::fleet {

/// One resolver, the interface it asks through, and the hosts that ask it. What happens in one cell
/// does not touch another, so a fleet of any size needs the memory of its largest cell.
class Cell {
 public:
  /// One way between a host and a central server.
  static constexpr Duration kHop = std::chrono::microseconds{250};

  using MakeResolver = std::function<std::unique_ptr<Resolver>(Network&)>;

  /// `scene` outlives the cell.
  Cell(const Crowd::Scene& scene, std::vector<std::uint32_t> hosts, Duration hop,
       const MakeResolver& make_resolver);

  /// Runs until every look-up is decided, once.
  void run();
  [[nodiscard]] const VpcInterface& interface() const noexcept { return interface_; }

 private:
  void handle(const Event& event, TimePoint now);

  EventQueue<Event> events_;
  VpcInterface interface_;
  Network network_;
  std::unique_ptr<Resolver> resolver_;
  Crowd crowd_;
};

}  // namespace sluice::fleet
