#include "tests/scenario/replay.h"

#include <algorithm>

#include "conf/load.h"
#include "resolver/dns/message.h"

namespace sluice::scenario {

namespace {

/// An engine that wants to be called again this often at one instant will never stop.
constexpr int kMaxStepsAtOnce = 10'000;

std::string key_of(const dns::Question& question, Transport transport) {
  std::string key;
  for (const std::byte octet : question.name.wire()) key += std::to_integer<char>(octet);
  key += std::to_string(static_cast<unsigned>(question.type)) + "/" +
         std::to_string(static_cast<unsigned>(question.klass));
  return key + (transport == Transport::udp ? "/udp" : "/tcp");
}

}  // namespace

Replay::Replay(const ScenarioRecord& record, std::optional<Failure> failure)
    : record_{record},
      failure_{failure},
      audit_{record.limits()},
      engine_{record.limits(), cache_, Random{HashKey{3, 4}}} {
  for (std::size_t i = 0; i < record.exchanges().size(); ++i) {
    const ScenarioRecord::Exchange& exchange = record.exchanges()[i];
    recorded_[key_of(exchange.question, exchange.transport)].exchanges.push_back(i);
  }
}

const std::vector<std::string>& Replay::run() {
  for (const ScenarioRecord::Event& event : record_.events()) {
    pass_until(event.at);
    now_ = std::max(now_, event.at);
    ++next_event_;
    std::visit([&](const auto& what) { apply(what); }, event.what);
    perform();
  }
  pass_until(now_ + kSettleTime);
  audit_.check_settled(engine_, now_);
  return audit_.problems();
}

void Replay::pass_until(TimePoint end) {
  for (int steps_at_once = 0; steps_at_once < kMaxStepsAtOnce; ++steps_at_once) {
    const TimePoint outcome_at = running_.empty() ? kNever : running_.begin()->first;
    const TimePoint next = std::min(outcome_at, engine_.next_deadline());
    if (next > end) return;
    if (next > now_) steps_at_once = 0;
    now_ = std::max(now_, next);
    if (outcome_at == next) {
      const auto exchange = running_.begin();
      const bool expires = exchange->second.waits_for_record;
      finish(exchange, expires ? ExchangeStatus::expired : exchange->second.status);
    } else {
      engine_.on_deadline(now_, actions_);
    }
    perform();
  }
  audit_.note("the engine is due again and again at one instant");
}

void Replay::apply(const ScenarioRecord::Configuration& configuration) {
  const auto config = conf::load_text(configuration.toml, "replay.toml");
  if (!config.has_value()) return audit_.note(config.error().front().to_string());
  if (const auto problem = engine_.configure(config.value(), {}, now_))
    return audit_.note(*problem);
  audit_.configured(config.value());
}

void Replay::apply(const ScenarioRecord::Query& query) {
  const auto parsed = dns::parse_query(query.message);
  if (!parsed.has_value()) return audit_.note("the record holds a query that is none");
  audit_.asked(query.client, parsed.value(), now_);
  engine_.on_query(query.client, parsed.value(), now_, actions_);
}

void Replay::apply(const ScenarioRecord::Refresh& refresh) {
  const auto parsed = dns::parse_query(refresh.message);
  if (!parsed.has_value()) return audit_.note("the record holds a query that is none");
  engine_.on_refresh(parsed.value(), now_, actions_);
}

void Replay::apply(const ScenarioRecord::Outcome& outcome) {
  const auto waiting = waiting_.find(outcome.exchange);
  if (waiting == waiting_.end()) return;  // not started yet, or it has expired
  const auto exchange = waiting->second;
  waiting_.erase(waiting);
  finish(exchange, exchange->second.status);
}

void Replay::apply(const ScenarioRecord::Connection& connection) {
  switch (connection.change) {
    case ScenarioRecord::Connection::Change::opened:
      engine_.on_connection_opened(connection.server);
      break;
    case ScenarioRecord::Connection::Change::closed:
      engine_.on_connection_closed(connection.server);
      break;
    case ScenarioRecord::Connection::Change::segments_sent:
      audit_.segments_sent(connection.server, connection.segments);
      engine_.on_segments_sent(connection.server, connection.segments, now_);
      break;
  }
}

void Replay::perform() {
  actions_.for_each([&](const Action& action) {
    if (const auto* reply = std::get_if<Respond>(&action))
      deliver(*reply);
    else if (const auto* exchange = std::get_if<StartExchange>(&action))
      start(*exchange);
  });
  actions_.clear();
  audit_.check_bounds(engine_);
}

void Replay::deliver(const Respond& reply) { audit_.replied(reply.client, reply.message, now_); }

void Replay::start(const StartExchange& start) {
  const auto question = dns::read_question(start.query);
  if (!question) return audit_.note("an exchange was started without a question");
  Recorded& recorded = recorded_[key_of(*question, start.transport)];
  std::optional<std::size_t> own;
  if (recorded.used < recorded.exchanges.size()) own = recorded.exchanges[recorded.used++];
  const ScenarioRecord::Exchange* source =
      own ? &record_.exchanges()[*own] : last_answered(*question, start.transport);

  Running running{.id = start.id};
  TimePoint end = now_ + kKeptOpen;
  if (source != nullptr && source->outcome != ScenarioRecord::Exchange::kNone)
    end = plan_as_recorded(running, *source, own.has_value());
  if (failure_ && failure_->exchange == audit_.exchanges())
    end = plan_failure(running, start.query, end);

  const bool is_udp = start.transport == Transport::udp;
  const bool leaves = is_udp && running.status != ExchangeStatus::no_socket;
  audit_.started(start, leaves ? 1 : 0, now_);
  if (is_udp) engine_.on_sent(start.id, leaves ? 1 : 0, now_);
  const bool waits = running.waits_for_record;
  const auto place = running_.emplace(end, std::move(running));
  if (waits) waiting_[*own] = place;
}

TimePoint Replay::plan_as_recorded(Running& running, const ScenarioRecord::Exchange& source,
                                   bool is_own) const {
  const ScenarioRecord::Outcome& outcome = record_.outcome_of(source);
  running.status = outcome.status;
  running.response = outcome.response;
  running.waits_for_record = is_own && source.outcome >= next_event_;
  if (running.waits_for_record) return now_ + kKeptOpen;
  const Duration delay = record_.events()[source.outcome].at - source.started;
  return now_ + std::min(delay, kKeptOpen);
}

/// Where the record has no outcome, the failure comes at once.
TimePoint Replay::plan_failure(Running& running, std::span<const std::byte> query,
                               TimePoint end) const {
  const bool has_end = running.waits_for_record || end < now_ + kKeptOpen;
  running.status = status_of(failure_->fault);
  running.response = faulty_response(failure_->fault, query);
  if (running.status != ExchangeStatus::expired) return has_end ? end : now_;
  running.waits_for_record = false;
  return now_ + kKeptOpen;
}

void Replay::finish(RunningByEnd::iterator exchange, ExchangeStatus status) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == exchange; });
  const Running ended = std::move(exchange->second);
  running_.erase(exchange);
  const bool is_answered = status == ExchangeStatus::answered;
  engine_.on_exchange_done(ended.id,
                           {.status = status,
                            .response = is_answered ? std::span<const std::byte>{ended.response}
                                                    : std::span<const std::byte>{},
                            .packets_sent = status == ExchangeStatus::no_socket ? 0U : 1U,
                            .mismatched = 0},
                           now_, actions_);
}

/// Over this transport, else over the other: a question that a fault sends over TCP has the same
/// answer there.
const ScenarioRecord::Exchange* Replay::last_answered(const dns::Question& question,
                                                      Transport transport) const {
  const Transport other = transport == Transport::udp ? Transport::tcp : Transport::udp;
  for (const Transport each : {transport, other}) {
    const auto found = recorded_.find(key_of(question, each));
    if (found == recorded_.end()) continue;
    const auto& numbers = found->second.exchanges;
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number)
      if (record_.exchanges()[*number].outcome != ScenarioRecord::Exchange::kNone)
        return &record_.exchanges()[*number];
  }
  return nullptr;
}

}  // namespace sluice::scenario
