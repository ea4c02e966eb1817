#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resolver/query_engine.h"

namespace sluice::scenario {

/// What a scenario did to an engine, as data: everything that is needed to do it again to another
/// one. Written while the scenario runs, in order; times never run backwards.
class ScenarioRecord {
 public:
  using Bytes = std::vector<std::byte>;

  struct Configuration {
    std::string toml;
  };
  struct Query {
    ClientRef client;
    Bytes message;
  };
  /// A listener has answered a query from an entry that is about to expire.
  struct Refresh {
    Bytes message;
  };
  /// The end of the exchange with this number.
  struct Outcome {
    std::size_t exchange = 0;
    ExchangeStatus status = ExchangeStatus::expired;
    Bytes response;
  };
  struct Connection {
    enum class Change : std::uint8_t { opened, closed, segments_sent };
    Endpoint server;
    Change change = Change::opened;
    std::uint32_t segments = 0;
  };
  struct Event {
    TimePoint at{};
    std::variant<Configuration, Query, Refresh, Outcome, Connection> what;
  };

  /// An exchange that the engine started; its number is its place in exchanges().
  struct Exchange {
    static constexpr std::size_t kNone = ~std::size_t{0};
    dns::Question question;
    Transport transport = Transport::udp;
    TimePoint started{};
    std::size_t outcome =
        kNone;  ///< place of its Outcome in events(); kNone: the server was silent
  };

  explicit ScenarioRecord(const QueryEngine::Limits& limits) : limits_{limits} {}

  void configured(std::string_view toml, TimePoint now);
  /// `message` is a query that dns::parse_query takes.
  void asked(const ClientRef& client, std::span<const std::byte> message, TimePoint now);
  void refreshed(std::span<const std::byte> message, TimePoint now);
  void started(const StartExchange& start, std::span<const std::byte> query, TimePoint now);
  /// An exchange that has ended already, or was never started, is ignored, as the engine does.
  void finished(ExchangeId id, const ExchangeOutcome& outcome, TimePoint now);
  void connection_changed(const Connection& connection, TimePoint now);

  [[nodiscard]] const QueryEngine::Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }
  [[nodiscard]] const std::vector<Exchange>& exchanges() const noexcept { return exchanges_; }
  [[nodiscard]] const Outcome& outcome_of(const Exchange& exchange) const {
    return std::get<Outcome>(events_[exchange.outcome].what);
  }

 private:
  QueryEngine::Limits limits_;
  std::vector<Event> events_;
  std::vector<Exchange> exchanges_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> open_;  // by slot and generation
};

}  // namespace sluice::scenario
