#include "tests/scenario/audit.h"

#include <algorithm>

#include "resolver/dns/presentation.h"

namespace sluice::scenario {

namespace {

constexpr HashKey kHashKey{11, 12};

std::string in_us(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) +
         " us";
}

std::string describe(const ClientRef& client, const dns::Question& question) {
  return dns::to_string(question.name) + " type " +
         std::to_string(static_cast<unsigned>(question.type)) + " of client " +
         client.client.to_string();
}

}  // namespace

void Audit::configured(const conf::Config& config) {
  deadline_ = std::max<Duration>(deadline_, config.server.deadline);
  for (const conf::Budget& budget : config.budgets) {
    const std::uint64_t lanes = std::max<std::size_t>(budget.interfaces.size(), 1);
    Account& account = accounts_[budget.name];
    account.bound = std::max(account.bound, lanes * (budget.limit - budget.reserve));
  }
  for (const conf::Upstream& upstream : config.upstreams)
    for (const Endpoint& server : upstream.servers) {
      const auto [known, is_new] = budget_of_.try_emplace(server, upstream.budget);
      if (!is_new && known->second != upstream.budget) has_moved_ = true;
      known->second = upstream.budget;
    }
}

void Audit::asked(const ClientRef& client, const dns::Query& query, TimePoint now) {
  const Identity identity{client, query.id, query.key()};
  if (client.transport == Transport::udp && find(identity) != open_.end()) return;
  ++queries_;
  open_.emplace(hash(identity), OpenQuery{identity, now + deadline_});
}

void Audit::replied(const ClientRef& client, std::span<const std::byte> message, TimePoint now) {
  if (dns::parse_response(message, reply_)) return note("a malformed reply");
  const dns::LookupKey key{.question = reply_.question,
                           .dnssec_ok = reply_.dnssec_ok,
                           .checking_disabled = reply_.header.has(dns::Header::kCd)};
  const Identity identity{client, reply_.header.id, key};
  const auto found = find(identity);
  if (found == open_.end())
    return note("a reply that nobody waits for: " + describe(client, key.question));
  const Duration late = now - found->second.deadline;
  if (late > Duration::zero())
    note("a reply " + in_us(late) + " after its deadline: " + describe(client, key.question));
  open_.erase(found);
}

void Audit::started(const StartExchange& start, std::uint32_t packets, TimePoint now) {
  ++exchanges_;
  Account* account = account_of(start.server);
  if (account == nullptr) return;
  if (start.transport == Transport::tcp) {
    ++account->over_tcp;
    return;
  }
  if (packets == 0) ++account->unsent;
  account->datagrams += packets;
  account->recent.insert(account->recent.end(), packets, now);
  while (!account->recent.empty() && now - account->recent.front() > std::chrono::seconds{1})
    account->recent.pop_front();
  if (account->recent.size() > account->bound)
    note(std::to_string(account->recent.size()) + " datagrams within 1 s, allowed are " +
         std::to_string(account->bound));
}

void Audit::segments_sent(const Endpoint& server, std::uint32_t segments) {
  if (Account* account = account_of(server)) account->segments += segments;
}

void Audit::stalled(TimePoint from, TimePoint until) {
  for (auto& [key_hash, open] : open_)
    if (open.deadline >= from) open.deadline = std::max(open.deadline, until);
}

void Audit::check_bounds(const QueryEngine& engine) {
  if (engine.in_flight() > limits_.max_in_flight) note("more questions than max_in_flight");
  if (engine.waiters() > limits_.max_waiters) note("more waiters than max_waiters");
  if (engine.exchanges() > limits_.max_exchanges + kExchangeSlack)
    note("more exchanges than max_exchanges");
}

void Audit::check_settled(const QueryEngine& engine, TimePoint now) {
  for (const auto& [key_hash, open] : open_)
    note("never answered: " + describe(open.identity.client, open.identity.key.question));
  if (engine.in_flight() != 0) note(std::to_string(engine.in_flight()) + " questions are left");
  if (engine.waiters() != 0) note(std::to_string(engine.waiters()) + " waiters are left");
  if (engine.exchanges() != 0) note(std::to_string(engine.exchanges()) + " exchanges are left");
  const EngineSnapshot snapshot = engine.snapshot(now);
  constexpr std::size_t kWays = 4;  // the failure cache comes in sets of so many
  if (snapshot.failures_cached > (limits_.max_failures + kWays - 1) / kWays * kWays)
    note("more failures than max_failures");
  if (has_moved_) return;  // which budget paid for which packet cannot be told from outside
  for (const EngineSnapshot::Budget& books : snapshot.budgets)
    check_account(books.name, accounts_[books.name], books);
}

/// Over UDP a token is a datagram. A query over TCP is paid for in advance, at the price of a new
/// or of an open connection; segments beyond that are charged when they have left.
void Audit::check_account(const std::string& budget, const Account& account,
                          const EngineSnapshot::Budget& books) {
  const std::uint64_t udp = account.datagrams + account.unsent;
  const std::uint64_t least = udp + account.over_tcp * QueryEngine::kOpenConnectionPrice;
  const std::uint64_t most =
      udp + account.over_tcp * QueryEngine::kNewConnectionPrice + account.segments;
  if (books.packets_by_all < least || books.packets_by_all > most)
    note("budget " + budget + " was charged " + std::to_string(books.packets_by_all) +
         " packets, due are " + std::to_string(least) + " to " + std::to_string(most));
  if (books.packets < account.datagrams || books.packets > account.datagrams + account.segments)
    note("budget " + budget + " counts " + std::to_string(books.packets) + " packets sent, " +
         std::to_string(account.datagrams) + " left over UDP and " +
         std::to_string(account.segments) + " over TCP");
}

void Audit::note(std::string problem) {
  if (problems_.size() < kMaxProblems) problems_.push_back(std::move(problem));
}

std::uint64_t Audit::hash(const Identity& identity) noexcept {
  return identity.key.hash(kHashKey) ^ identity.client.client.hash(kHashKey) ^
         std::uint64_t{identity.id} << 40;
}

/// Of several, over TCP, the one asked first.
Audit::OpenQueries::iterator Audit::find(const Identity& identity) {
  const auto [first, last] = open_.equal_range(hash(identity));
  auto found = open_.end();
  for (auto it = first; it != last; ++it)
    if (it->second.identity == identity &&
        (found == open_.end() || it->second.deadline < found->second.deadline))
      found = it;
  return found;
}

Audit::Account* Audit::account_of(const Endpoint& server) {
  const auto found = budget_of_.find(server);
  if (found == budget_of_.end() || found->second.empty()) return nullptr;
  return &accounts_[found->second];
}

}  // namespace sluice::scenario
