// Any sequence of events, and what must hold after each: one reply for each query taken, before its
// deadline and none after it; packets paid for = packets sent, in any second no more than the
// budgets allow; every table within its bound; at the end nobody left behind.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "conf/load.h"
#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"
#include "resolver/query_engine.h"
#include "tests/fuzz/script.h"
#include "tests/scenario/audit.h"

namespace {

using namespace sluice;
using fuzz::Script;

constexpr unsigned kLabels = 8;
constexpr std::array kSubtrees{"", "example.", "broken.example.", "104.in-addr.arpa.",
                               "25.104.in-addr.arpa."};
constexpr unsigned kNames = kLabels * kSubtrees.size();
constexpr unsigned kMaxTcpServers = 3;  // as many as are configured

/// "a." to "h." in each of the subtrees.
const std::vector<dns::Name>& names() {
  static const std::vector<dns::Name> kAll = [] {
    std::vector<dns::Name> all;
    for (const char* subtree : kSubtrees)
      for (unsigned label = 0; label < kLabels; ++label)
        all.push_back(
            dns::parse_name(std::string{static_cast<char>('a' + label)} + "." + subtree).value());
    return all;
  }();
  return kAll;
}

/// Two upstreams, each with a budget; one of them with two servers and two rules.
conf::Config small_config() {
  return conf::load_text(R"(
[server]
deadline = "2s"
[[budget]]
name = "eni"
shared = ""
limit = 32
burst = 8
reserve = 4
[[budget]]
name = "second"
shared = ""
limit = 20
burst = 8
reserve = 4
[[upstream]]
name = "vpc"
servers = ["192.0.2.1", "192.0.2.2"]
budget = "eni"
[[upstream]]
name = "other"
servers = ["192.0.2.3"]
budget = "second"
[[zone]]
name = "."
upstream = "vpc"
max_wait = "600ms"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
max_wait = "600ms"
[[zone]]
name = "example"
upstream = "other"
)",
                         "fuzz.toml")
      .value();
}

/// The engine, and a shell that does what the script says.
class Machine {
 public:
  void run(Script script) {
    static const conf::Config kConfig = small_config();
    if (engine_.configure(kConfig, {}, now_)) std::abort();
    audit_.configured(kConfig);
    while (!script.is_over()) step(script);
    pass(kSettleTime);
    audit_.check_settled(engine_, now_);
    abort_on_problems();
  }

 private:
  static constexpr Duration kKeptOpen = std::chrono::seconds{10};
  static constexpr Duration kSettleTime = std::chrono::seconds{60};
  static constexpr int kMaxStepsAtOnce = 10'000;

  struct Open {
    ExchangeId id;
    TimePoint started{};
    std::vector<std::byte> query;
  };

  void step(Script& script) {
    switch (script.next(9)) {
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
        pass(std::chrono::milliseconds{script.next(256) * 8});
        break;
      case 6:
        pass(std::chrono::microseconds{script.next(256) * 10});
        break;
      case 7:
        connection(script);
        break;
      case 8:
        stall(std::chrono::milliseconds{script.next(256) * 8});
        break;
    }
    perform();
    abort_on_problems();
  }

  void ask(Script& script) {
    dns::Query query;
    query.id = static_cast<std::uint16_t>(script.next(4));
    query.flags = dns::Header::kRd;
    query.question.name = names()[script.next(kNames)];
    query.question.type = static_cast<dns::Type>(1 + script.next(2));
    ClientRef client;
    client.client = *Endpoint::parse("198.51.100.7", static_cast<std::uint16_t>(script.next(16)));
    switch (script.next(8)) {
      case 4:  // a listener has answered it from an entry that is about to expire
        return engine_.on_refresh(query, now_, actions_);
      case 5:
        query.edns = dns::Edns{.dnssec_ok = true, .options = {}};
        break;
      case 6:
        query.flags |= dns::Header::kCd;
        break;
      case 7:
        client.transport = Transport::tcp;
        client.connection = 1;
        break;
    }
    audit_.asked(client, query, now_);
    engine_.on_query(client, query, now_, actions_);
  }

  void finish(Script& script, ExchangeStatus status) {
    if (open_.empty()) return;
    const auto which = open_.begin() + script.next(static_cast<unsigned>(open_.size()));
    Open exchange = std::move(*which);
    open_.erase(which);
    if (status == ExchangeStatus::answered) respond(script, exchange.query);
    end(exchange, status, script.next(3));
  }

  void end(const Open& exchange, ExchangeStatus status, std::uint32_t mismatched) {
    engine_.on_exchange_done(
        exchange.id,
        {.status = status, .response = exchange.query, .packets_sent = 1, .mismatched = mismatched},
        now_, actions_);
  }

  /// Turns the query into a response: with a record, an error, truncated, with bytes of the
  /// fuzzer's, or without records.
  static void respond(Script& script, std::vector<std::byte>& message) {
    message[2] |= std::byte{0x80};
    switch (script.next(6)) {
      case 0:
        add_record(message, static_cast<std::uint8_t>(1 + script.next(60)));
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
        for (unsigned i = script.next(8); i > 0; --i)
          message[script.next(static_cast<unsigned>(message.size()))] =
              static_cast<std::byte>(script.next(256));
        break;
      case 5:
        break;
    }
  }

  /// An A or NS record for the question in place of the OPT.
  static void add_record(std::vector<std::byte>& message, std::uint8_t ttl_seconds) {
    const auto question = dns::read_question(message);
    message.resize(dns::kHeaderSize + dns::size_of(*question));
    const bool is_a = question->type == dns::Type::a;
    for (const unsigned octet : {0xc0U, 12U, 0U, is_a ? 1U : 2U, 0U, 1U, 0U, 0U, 0U,
                                 unsigned{ttl_seconds}, 0U, is_a ? 4U : 2U})
      message.push_back(static_cast<std::byte>(octet));
    message.insert(message.end(), is_a ? 4 : 2, std::byte{0xc0});
    if (!is_a) message.back() = std::byte{12};
    dns::write_u16(message, 6, 1);
    dns::write_u16(message, 10, 0);
  }

  /// Something happens to the connection to a server that has been asked over TCP.
  void connection(Script& script) {
    const unsigned which = script.next(kMaxTcpServers);
    const unsigned what = script.next(3);
    if (which >= tcp_servers_.size()) return;
    const Endpoint& server = tcp_servers_[which];
    if (what == 0) engine_.on_connection_opened(server);
    if (what == 1) engine_.on_connection_closed(server);
    if (what != 2) return;
    const unsigned segments = script.next(8);
    audit_.segments_sent(server, segments);
    engine_.on_segments_sent(server, segments, now_);
  }

  /// The process does not run for a while, and then does what has become due.
  void stall(Duration duration) {
    audit_.stalled(now_, now_ + duration);
    now_ += duration;
    pass(Duration::zero());
  }

  void pass(Duration duration) {
    const TimePoint end_of_pass = now_ + duration;
    for (int steps = 0; steps < kMaxStepsAtOnce; ++steps) {
      const TimePoint expiry = open_.empty() ? kNever : open_.front().started + kKeptOpen;
      const TimePoint next = std::min(expiry, engine_.next_deadline());
      if (next > end_of_pass) {
        now_ = end_of_pass;
        return;
      }
      if (next > now_) steps = 0;
      now_ = std::max(now_, next);
      if (expiry <= now_) {
        const Open exchange = std::move(open_.front());
        open_.pop_front();
        end(exchange, ExchangeStatus::expired, 0);
      } else {
        engine_.on_deadline(now_, actions_);
      }
      perform();
    }
    audit_.note("the engine is due again and again at one instant");
  }

  void perform() {
    actions_.for_each([&](const Action& action) {
      if (const auto* reply = std::get_if<Respond>(&action))
        return audit_.replied(reply->client, reply->message, now_);
      if (const auto* asked = std::get_if<Identify>(&action))
        return engine_.on_identified(asked->question, Spender::of_user(0));
      if (const auto* spent = std::get_if<Spent>(&action))
        return engine_.book(*spent, spent->spender, now_);
      if (!std::holds_alternative<StartExchange>(action)) return;
      const auto& start = std::get<StartExchange>(action);
      open_.push_back({start.id, now_, {start.query.begin(), start.query.end()}});
      const bool is_udp = start.transport == Transport::udp;
      audit_.started(start, is_udp ? 1 : 0, now_);
      if (is_udp) return engine_.on_sent(start.id, 1, now_);
      if (std::ranges::find(tcp_servers_, start.server) == tcp_servers_.end())
        tcp_servers_.push_back(start.server);
    });
    actions_.clear();
    audit_.check_bounds(engine_);
  }

  void abort_on_problems() const {
    if (audit_.problems().empty()) return;
    for (const std::string& problem : audit_.problems())
      std::fprintf(stderr, "%s\n", problem.c_str());
    std::abort();
  }

  QueryEngine::Limits limits_{.max_in_flight = 16,
                              .max_waiters = 24,
                              .max_exchanges = 16,
                              .max_failures = 16,
                              .max_subtrees = 16,
                              .deadline = std::chrono::milliseconds{2'000}};
  cache::ResponseCache cache_{1 << 16, HashKey{1, 2}};
  QueryEngine engine_{limits_, cache_, Random{HashKey{3, 4}}};
  scenario::Audit audit_{limits_};
  ActionList actions_;
  TimePoint now_{std::chrono::seconds{1'000}};
  std::deque<Open> open_;  // the oldest first
  std::vector<Endpoint> tcp_servers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  Machine machine;
  machine.run(Script{std::as_bytes(std::span{data, size})});
  return 0;
}
