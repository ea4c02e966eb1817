#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "policy/top_spenders.h"
#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/client.h"
#include "resolver/reply_origin.h"

namespace sluice {

/// One query to one upstream and its outcome. The generation tells a late outcome of an earlier
/// exchange in the same slot apart.
struct ExchangeId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const ExchangeId&, const ExchangeId&) = default;
};

/// Send `message` to the client.
struct Respond {
  ClientRef client;
  std::span<const std::byte> message;
  ReplyOrigin origin{};
};

/// Send `query` to `server`, once, and report what becomes of it.
struct StartExchange {
  ExchangeId id;
  Endpoint server;
  Transport transport = Transport::udp;
  std::uint16_t interface = 0;  ///< index into the shell's list of interface names; 0 = any
  std::span<const std::byte> query;
};

/// A question in flight. The serial number tells a later one in the same slot apart.
struct QuestionId {
  std::uint32_t slot = 0;
  std::uint64_t serial = 0;
};

/// Find out who sent the query, while its socket may still be open: the question is about to spend
/// packets. The answer comes by QueryEngine::on_identified().
struct Identify {
  QuestionId question;
  ClientRef client;
};

/// A question has ended: tell what `spender` is known as by now, and have QueryEngine::book() write
/// down what it has cost.
struct Spent {
  Spender spender;
  dns::Type type{};
  policy::Spending spending;
  std::span<const std::byte> suffix;  ///< of its name, in wire form
};

/// Tell the operator: `server` sends what the rule asks it back to us.
struct LoopFound {
  Endpoint server;
  std::uint16_t rule = 0;
};

using Action = std::variant<Respond, StartExchange, LoopFound, Identify, Spent>;

/// What the engine decided during one event, in order. Owns the bytes that its actions view, until
/// clear(). Keeps its memory, so that a warm list does not allocate.
class ActionList {
 public:
  ActionList() {
    actions_.reserve(kUsual);
    offsets_.reserve(kUsual);
    bytes_.reserve(kUsual * 512);
  }

  /// Room for a message of up to `size` octets; commit it with one of the calls below before the
  /// next room().
  [[nodiscard]] std::span<std::byte> room(std::size_t size) {
    used_ = bytes_.size();
    bytes_.resize(used_ + size);
    return {bytes_.data() + used_, size};
  }
  void respond(const ClientRef& client, std::size_t size) {
    add(Respond{client, {}, origin_}, size);
  }
  void start(const StartExchange& exchange, std::size_t size) { add(exchange, size); }
  void report(const LoopFound& loop) { add_bare(loop); }
  void identify(const Identify& client) { add_bare(client); }
  void spent(const Spent& spent, std::span<const std::byte> suffix) {
    std::copy(suffix.begin(), suffix.end(), room(suffix.size()).begin());
    add(spent, suffix.size());
  }

  /// How the replies that follow come about; until it is told anew or clear().
  void explain(const ReplyOrigin& origin) noexcept { origin_ = origin; }
  void comes_from(ReplySource source) noexcept { origin_.source = source; }
  [[nodiscard]] const ReplyOrigin& origin() const noexcept { return origin_; }

  /// Calls `use` for each action with its bytes in place.
  template <typename F>
  void for_each(F&& use) {
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      const std::span<const std::byte> message{bytes_.data() + offsets_[i].begin, offsets_[i].size};
      std::visit([&](auto& action) { attach(action, message); }, actions_[i]);
      use(actions_[i]);
    }
  }

  [[nodiscard]] bool empty() const noexcept { return actions_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return actions_.size(); }
  void clear() noexcept {
    actions_.clear();
    offsets_.clear();
    bytes_.clear();
    origin_ = {};
  }

 private:
  static constexpr std::size_t kUsual = 64;
  struct Range {
    std::size_t begin;
    std::size_t size;
  };
  using Bytes = std::span<const std::byte>;
  static void attach(Respond& action, Bytes message) { action.message = message; }
  static void attach(StartExchange& action, Bytes query) { action.query = query; }
  static void attach(Spent& action, Bytes suffix) { action.suffix = suffix; }
  static void attach(LoopFound&, Bytes) {}
  static void attach(Identify&, Bytes) {}
  void add_bare(const Action& action) {
    used_ = bytes_.size();
    add(action, 0);
  }
  void add(Action action, std::size_t size) {
    bytes_.resize(used_ + size);
    actions_.push_back(action);
    offsets_.push_back({used_, size});
  }

  std::vector<Action> actions_;
  std::vector<Range> offsets_;
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
  ReplyOrigin origin_;
};

/// What became of an exchange.
enum class ExchangeStatus : std::uint8_t {
  answered,      ///< `response` holds what the server sent, its ID and question matched; an error
                 ///< without question is its header alone
  expired,       ///< no answer came while the exchange was kept open
  unreachable,   ///< the network or the server refused the packet (ICMP, ECONNREFUSED)
  closed,        ///< the TCP connection ended before the answer
  no_socket,     ///< no descriptor, port or free channel: nothing was sent
  edns_refused,  ///< FORMERR without OPT (UDP): the server does not know EDNS
  suspicious,    ///< what came (UDP) looks like forgery, and no more is listened to: ask over TCP
};

struct ExchangeOutcome {
  ExchangeStatus status = ExchangeStatus::expired;
  std::span<const std::byte> response;  ///< valid during the call
  std::uint32_t packets_sent = 0;       ///< UDP datagrams that left
  std::uint64_t octets_received = 0;    ///< of messages, those that did not answer the query, too
  std::uint32_t mismatched = 0;         ///< datagrams received that did not answer the query
  /// Of these, such as would have, had they kept the letter case of the query: either a forger knew
  /// the rest, or the server does not keep it, and should be asked in lower case. At most 1, since
  /// it ends the exchange as suspicious.
  std::uint32_t case_mismatched = 0;
};

}  // namespace sluice
