// Any sequence of events, and what must hold after each: one reply for each query taken, none
// after it; tokens taken = packets sent; every table within its bound; nobody left behind.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <span>
#include <vector>

#include "resolver/query_engine.h"

namespace {

using namespace sluice;

/// Reads the fuzzer's bytes as small numbers; zeros once they are used up.
class Script {
 public:
  explicit Script(std::span<const std::byte> bytes) : bytes_{bytes} {}
  [[nodiscard]] bool is_over() const { return bytes_.empty(); }
  unsigned next(unsigned bound) {
    if (bytes_.empty()) return 0;
    const unsigned value = std::to_integer<unsigned>(bytes_.front()) % bound;
    bytes_ = bytes_.subspan(1);
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
};

conf::Config small_config() {
  conf::Config config;
  config.budgets = {
      {.name = "eni", .interfaces = {}, .limit = 40, .burst = 8, .reserve = 8, .shared = ""}};
  config.upstreams = {
      {.name = "vpc",
       .servers = {*Endpoint::parse("192.0.2.1", 53), *Endpoint::parse("192.0.2.2", 53)},
       .follow_system = false,
       .budget = "eni"}};
  config.zones = {
      {.name = {}, .upstream = "vpc", .weight = 100, .max_wait = conf::milliseconds{1'800}}};
  return config;
}

class Machine {
 public:
  void run(Script script) {
    if (engine_.configure(small_config(), {})) std::abort();
    while (!script.is_over()) step(script);
    for (int i = 0; i < 40; ++i) {  // whatever happened, 20 s later nobody waits
      now_ += std::chrono::milliseconds{500};
      engine_.on_deadline(now_, actions_);
      perform();
    }
    require(engine_.in_flight() == 0 && engine_.waiters() == 0);
    require(replies_ == queries_ - retransmits());
  }

 private:
  static void require(bool holds) {
    if (!holds) std::abort();
  }

  void step(Script& script) {
    switch (script.next(8)) {
      case 0:
      case 1:
      case 2:
        ask(script);
        break;
      case 3:
        finish(script, ExchangeStatus::answered);
        break;
      case 4:
        finish(script, static_cast<ExchangeStatus>(1 + script.next(5)));
        break;
      case 5:
        now_ += std::chrono::milliseconds{script.next(256) * 8};
        break;
      case 6:
        now_ += std::chrono::microseconds{script.next(256) * 10};
        break;
      case 7:
        connection(script);
        break;
    }
    if (engine_.next_deadline() <= now_) engine_.on_deadline(now_, actions_);
    perform();
    require(engine_.in_flight() <= limits_.max_in_flight);
    require(engine_.waiters() <= limits_.max_waiters);
    require(engine_.exchanges() <= limits_.max_exchanges + 256);
    require(replies_ <= queries_);
  }

  void ask(Script& script) {
    dns::Query query;
    query.id = static_cast<std::uint16_t>(script.next(4));
    query.flags = dns::Header::kRd;
    query.question.name = name(script.next(32));
    query.question.type = static_cast<dns::Type>(1 + script.next(2));
    ClientRef client;
    client.client = *Endpoint::parse("198.51.100.7", static_cast<std::uint16_t>(script.next(16)));
    engine_.on_query(client, query, now_, actions_);
    ++queries_;
  }

  static dns::Name name(unsigned number) {
    const std::array<std::byte, 3> wire{std::byte{1}, static_cast<std::byte>('a' + number % 26),
                                        std::byte{0}};
    std::size_t offset = 0;
    return *dns::Name::read(wire, offset);
  }

  void finish(Script& script, ExchangeStatus status) {
    if (open_.empty()) return;
    const std::size_t which = script.next(static_cast<unsigned>(open_.size()));
    const Open exchange = open_[which];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    std::vector<std::byte> response = exchange.query;
    if (status == ExchangeStatus::answered) corrupt(script, response);
    engine_.on_exchange_done(
        exchange.id,
        {.status = status, .response = response, .packets_sent = 1, .mismatched = script.next(3)},
        now_, actions_);
  }

  /// Turns the query into a response: right, an error, truncated, or with bytes of the fuzzer's.
  static void corrupt(Script& script, std::vector<std::byte>& message) {
    message[2] |= std::byte{0x80};
    switch (script.next(5)) {
      case 0:
        break;
      case 1:
        message[3] |= static_cast<std::byte>(script.next(16));
        break;
      case 2:
        message[2] |= std::byte{0x02};
        break;
      case 3:
        message.resize(script.next(static_cast<unsigned>(message.size())));
        break;
      case 4:
        for (unsigned i = script.next(8); i > 0 && !message.empty(); --i)
          message[script.next(static_cast<unsigned>(message.size()))] =
              static_cast<std::byte>(script.next(256));
        break;
    }
  }

  void connection(Script& script) {
    const Endpoint server = *Endpoint::parse(script.next(2) == 0 ? "192.0.2.1" : "192.0.2.2", 53);
    switch (script.next(3)) {
      case 0:
        engine_.on_connection_opened(server);
        break;
      case 1:
        engine_.on_connection_closed(server);
        break;
      case 2:
        engine_.on_segments_sent(server, script.next(8), now_);
        break;
    }
  }

  void perform() {
    std::vector<ExchangeId> sent;
    actions_.for_each([&](const Action& action) {
      if (std::holds_alternative<Respond>(action)) {
        ++replies_;
        return;
      }
      const auto& start = std::get<StartExchange>(action);
      open_.push_back({start.id, {start.query.begin(), start.query.end()}});
      if (start.transport == Transport::udp) sent.push_back(start.id);
    });
    actions_.clear();
    for (const ExchangeId& id : sent) {
      engine_.on_sent(id, 1, now_);
      note_packet();
    }
  }

  /// In every second at most limit - reserve datagrams.
  void note_packet() {
    sent_at_.push_back(now_);
    while (now_ - sent_at_.front() > std::chrono::seconds{1}) sent_at_.pop_front();
    require(sent_at_.size() <= 32);
  }

  [[nodiscard]] std::uint64_t retransmits() const {
    return engine_.sources().zones.front().block->get(metrics::ZoneMetric::retransmits_absorbed);
  }

  struct Open {
    ExchangeId id;
    std::vector<std::byte> query;
  };
  QueryEngine::Limits limits_{.max_in_flight = 16,
                              .max_waiters = 24,
                              .max_exchanges = 16,
                              .max_failures = 16,
                              .deadline = std::chrono::milliseconds{4'500}};
  cache::ResponseCache cache_{1 << 16, HashKey{1, 2}};
  QueryEngine engine_{limits_, cache_, Random{HashKey{3, 4}}};
  ActionList actions_;
  TimePoint now_{std::chrono::seconds{1'000}};
  std::vector<Open> open_;
  std::deque<TimePoint> sent_at_;
  std::uint64_t queries_ = 0;
  std::uint64_t replies_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  Machine machine;
  machine.run(Script{std::as_bytes(std::span{data, size})});
  return 0;
}
