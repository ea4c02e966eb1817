#include "tests/scenario/fleet/sluice_resolver.h"

#include <stdexcept>

#include "conf/load.h"

namespace sluice::fleet {

namespace {

const conf::Config& configuration() {
  static const conf::Config kConfig = conf::load_text(R"(
[[budget]]
name = "eni"
shared = ""
limit = 1024
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
)",
                                                      "fleet.toml")
                                          .value();
  return kConfig;
}

/// Host n is 198.18.0.0 + n, of the network for benchmarks (RFC 2544).
Address address_of(std::uint32_t host) noexcept {
  Address address;
  address.family = Address::Family::ipv4;
  const std::uint32_t number = (198U << 24 | 18U << 16) + host;
  for (std::size_t i = 0; i < 4; ++i)
    address.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return address;
}

}  // namespace

const SluiceResolver::Size SluiceResolver::kHost{
    .cache_bytes = 1 << 20,
    .limits = {.max_in_flight = 2'048,
               .max_waiters = 4'096,
               .max_exchanges = 4'096,
               .max_failures = 8'192,
               .max_subtrees = 1'024,
               .deadline = std::chrono::milliseconds{4'500}}};
const SluiceResolver::Size SluiceResolver::kServer{.cache_bytes = 32 << 20, .limits = {}};

SluiceResolver::SluiceResolver(const Size& size, Network& network, HashKey key)
    : network_{network},
      cache_{size.cache_bytes, key},
      engine_{size.limits, cache_, Random{key}},
      cached_(dns::kMaxMessageSize) {
  if (const auto problem = engine_.configure(configuration(), {}, TimePoint{}))
    throw std::invalid_argument{*problem};
}

void SluiceResolver::on_query(const Query& query, TimePoint now) {
  ClientRef client;
  client.client = {address_of(query.host), static_cast<std::uint16_t>(query.ticket.slot)};
  client.connection = std::uint64_t{query.ticket.slot} << 32 | query.ticket.generation;
  dns::Query message;
  message.id = query.id;
  message.flags = dns::Header::kRd;
  message.question = query.name.question();
  if (!answer_from_cache(message, query.ticket, now))
    engine_.on_query(client, message, now, actions_);
  perform(now);
}

/// What a listener does (AnswerPath).
bool SluiceResolver::answer_from_cache(const dns::Query& message, Ticket ticket, TimePoint now) {
  const dns::LookupKey key = message.key();
  const auto hit = cache_.lookup(key, cache_.hash(key), now, cached_);
  if (!hit || hit->freshness == cache::Freshness::stale) return false;
  network_.reply(ticket, dns::Header::read(cached_)->rcode() == 0, now);
  if (hit->refresh_due) engine_.on_refresh(message, now, actions_);
  return true;
}

void SluiceResolver::on_exchange_over(const ExchangeOver& exchange, TimePoint now) {
  const ExchangeId id{.slot = static_cast<std::uint32_t>(exchange.exchange >> 32),
                      .generation = static_cast<std::uint32_t>(exchange.exchange)};
  const bool is_answered = exchange.outcome != ExchangeOver::Outcome::silence;
  ExchangeOutcome outcome{
      .status = is_answered ? ExchangeStatus::answered : ExchangeStatus::expired,
      .response = {},
      .packets_sent = 1};
  if (is_answered) outcome.response = write_response(exchange);
  engine_.on_exchange_done(id, outcome, now, actions_);
  perform(now);
}

void SluiceResolver::on_deadline(TimePoint now) {
  engine_.on_deadline(now, actions_);
  perform(now);
}

void SluiceResolver::perform(TimePoint now) {
  actions_.for_each([&](const Action& action) {
    if (const auto* reply = std::get_if<Respond>(&action)) {
      const std::uint64_t ticket = reply->client.connection;
      const auto header = dns::Header::read(reply->message);
      network_.reply({.slot = static_cast<std::uint32_t>(ticket >> 32),
                      .generation = static_cast<std::uint32_t>(ticket)},
                     header->rcode() == 0, now);
      return;
    }
    if (!std::holds_alternative<StartExchange>(action)) return;
    const auto& start = std::get<StartExchange>(action);
    if (queries_.size() <= start.id.slot) queries_.resize(start.id.slot + 1);
    queries_[start.id.slot].assign(start.query.begin(), start.query.end());
    engine_.on_sent(start.id, 1, now);
    network_.ask_cloud(std::uint64_t{start.id.slot} << 32 | start.id.generation,
                       LookupName::of(*dns::read_question(start.query)), now);
  });
  actions_.clear();
}

/// The query turned into its response: an address, or the name itself as PTR, or SERVFAIL.
std::span<const std::byte> SluiceResolver::write_response(const ExchangeOver& exchange) {
  response_ = queries_[exchange.exchange >> 32];
  const auto question = dns::read_question(response_);
  response_.resize(dns::kHeaderSize + dns::size_of(*question));
  const bool is_success = exchange.outcome == ExchangeOver::Outcome::success;
  const auto rcode = is_success ? dns::Rcode::noerror : dns::Rcode::servfail;
  dns::write_u16(
      response_, 2,
      dns::Header::kQr | dns::Header::kRd | dns::Header::kRa | static_cast<std::uint16_t>(rcode));
  dns::write_u16(response_, 6, is_success ? 1 : 0);
  dns::write_u16(response_, 10, 0);
  if (!is_success) return response_;

  constexpr std::uint16_t kQuestionName = 0xc000 | dns::kHeaderSize;
  const bool is_ptr = question->type == dns::Type::ptr;
  const std::size_t record = response_.size();
  const std::size_t data_size = is_ptr ? 2 : 4;
  response_.resize(record + 12 + data_size);
  dns::write_u16(response_, record, kQuestionName);
  dns::write_u16(response_, record + 2, static_cast<std::uint16_t>(question->type));
  dns::write_u16(response_, record + 4, static_cast<std::uint16_t>(dns::Class::in));
  dns::write_u32(response_, record + 6, exchange.ttl_seconds);
  dns::write_u16(response_, record + 10, static_cast<std::uint16_t>(data_size));
  if (is_ptr) dns::write_u16(response_, record + 12, kQuestionName);
  return response_;
}

}  // namespace sluice::fleet
