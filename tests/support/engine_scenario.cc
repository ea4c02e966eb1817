#include "tests/support/engine_scenario.h"

#include "conf/load.h"
#include "tests/scenario/every_failure.h"

namespace sluice {

namespace {

bool is_loop_probe(const wire::Bytes& query) {
  const std::string question = wire::read(query).question;
  return question.find(".sluice-loop-probe.") != std::string::npos && question.ends_with(" TXT");
}

}  // namespace

const std::string_view EngineScenario::kDefaultConfiguration = R"(
[[budget]]
name = "eni"
shared = ""
limit = 1024
burst = 60
reserve = 64
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
)";

const EngineScenario::Reply& EngineScenario::Reply::has_answer(const wire::Records& records) const {
  EXPECT_EQ(message.rcode, static_cast<std::uint16_t>(dns::Rcode::noerror));
  EXPECT_EQ(message.answer, records);
  return *this;
}

const EngineScenario::Reply& EngineScenario::Reply::has_rcode(dns::Rcode rcode) const {
  EXPECT_EQ(message.rcode, static_cast<std::uint16_t>(rcode));
  return *this;
}

const EngineScenario::Reply& EngineScenario::Reply::is_servfail(dns::EdeCode code) const {
  return has_rcode(dns::Rcode::servfail).has_ede(code);
}

const EngineScenario::Reply& EngineScenario::Reply::has_ede(dns::EdeCode code) const {
  EXPECT_TRUE(message.ede.has_value()) << "no EDE";
  if (message.ede) {
    EXPECT_EQ(message.ede->code, static_cast<std::uint16_t>(code)) << message.ede->text;
  }
  return *this;
}

void EngineScenario::AskedExchange::answer(const wire::Records& records,
                                           const wire::ResponseOptions& options) const {
  answer_bytes(wire::response(query_.question, records, options));
}

void EngineScenario::AskedExchange::answer_nxdomain(std::string_view soa) const {
  wire::ResponseOptions options;
  options.rcode = dns::Rcode::nxdomain;
  options.authority = {std::string{soa}};
  answer({}, options);
}

void EngineScenario::AskedExchange::answer_rcode(dns::Rcode rcode) const {
  wire::ResponseOptions options;
  options.rcode = rcode;
  options.edns = wire::Edns{};
  answer({}, options);
}

void EngineScenario::AskedExchange::answer_truncated() const {
  wire::ResponseOptions options;
  options.truncated = true;
  answer({}, options);
}

void EngineScenario::AskedExchange::answer_bytes(std::span<const std::byte> bytes) const {
  scenario_->finish(
      action_,
      {.status = ExchangeStatus::answered, .response = bytes, .packets_sent = 1, .mismatched = 0});
}

void EngineScenario::AskedExchange::end(ExchangeStatus status) const {
  scenario_->finish(action_,
                    {.status = status, .response = {}, .packets_sent = 1, .mismatched = 0});
}

EngineScenario::EngineScenario() {
  restart();
  configure(kDefaultConfiguration);
}

void EngineScenario::restart() {
  engine_ = std::make_unique<QueryEngine>(limits_, cache_, Random{HashKey{3, 4}});
  record_ = std::make_unique<scenario::ScenarioRecord>(limits_);
}

void EngineScenario::TearDown() {
  if (HasFailure()) return;
  for (const std::string& problem : scenario::problems_with_every_failure(*record_))
    ADD_FAILURE() << problem;
}

void EngineScenario::configure(std::string_view toml) {
  const auto config = conf::load_text(toml, "test.toml");
  ASSERT_TRUE(config.has_value()) << config.error().front().to_string();
  const auto problem = engine_->configure(config.value(), {}, now_);
  ASSERT_FALSE(problem.has_value()) << *problem;
  record_->configured(toml, now_);
}

ClientRef EngineScenario::new_client() {
  ClientRef client;
  client.client = *Endpoint::parse("198.51.100.7", 0);
  client.client.port = static_cast<std::uint16_t>(1'024 + clients_++ % 60'000);
  asked_at_[client.client] = now_;
  client.local = *Address::parse("198.51.100.1");
  return client;
}

ClientRef EngineScenario::ask(std::string_view question) {
  const ClientRef client = new_client();
  ask_as(client, question);
  return client;
}

void EngineScenario::ask_as(const ClientRef& client, std::string_view question,
                            const wire::QueryOptions& options) {
  wire::QueryOptions with_edns = options;
  if (!with_edns.edns) with_edns.edns = wire::Edns{};
  ask_bytes(client, wire::query(question, with_edns));
}

void EngineScenario::ask_bytes(const ClientRef& client, const wire::Bytes& message) {
  const auto query = dns::parse_query(message);
  ASSERT_TRUE(query.has_value());
  record_->asked(client, message, now_);
  engine_->on_query(client, query.value(), now_, actions_);
  perform();
}

bool EngineScenario::cached(std::string_view question) {
  const dns::LookupKey key = wire::key(question);
  std::vector<std::byte> out(dns::kMaxMessageSize);
  const auto hit = cache_.lookup(key, cache_.hash(key), now_, out);
  return hit && hit->freshness == cache::Freshness::fresh;
}

EngineScenario::AskedExchange EngineScenario::expect_exchange() {
  if (exchanges_.empty()) {
    ADD_FAILURE() << "no upstream was asked";
    return {*this, {}, {}};
  }
  const auto [action, bytes] = exchanges_.front();
  exchanges_.pop_front();
  return {*this, action, wire::read(bytes)};
}

void EngineScenario::expect_no_exchange() {
  EXPECT_TRUE(exchanges_.empty()) << "asked: " << wire::read(exchanges_.front().second).question;
}

EngineScenario::Reply EngineScenario::expect_reply() {
  if (replies_.empty()) {
    ADD_FAILURE() << "no client was answered";
    return {};
  }
  const auto [client, bytes] = replies_.front();
  replies_.pop_front();
  return {client, wire::read(bytes), bytes.size()};
}

void EngineScenario::expect_no_reply() {
  EXPECT_TRUE(replies_.empty()) << "answered: " << wire::read(replies_.front().second).question;
}

void EngineScenario::pass(Duration duration) {
  const TimePoint end = now_ + duration;
  for (TimePoint next = engine_->next_deadline(); next <= end; next = engine_->next_deadline()) {
    now_ = std::max(now_, next);
    engine_->on_deadline(now_, actions_);
    perform();
  }
  now_ = end;
}

void EngineScenario::learn_rtt() {
  ask("fast.example. A");
  expect_exchange().answer({"fast.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
}

void EngineScenario::refresh(std::string_view question) {
  const wire::Bytes message = wire::query(question, {.edns = wire::Edns{}});
  const auto query = dns::parse_query(message);
  ASSERT_TRUE(query.has_value());
  record_->refreshed(message, now_);
  engine_->on_refresh(query.value(), now_, actions_);
  perform();
}

TimePoint EngineScenario::reply_asked_at(const Reply& reply) const {
  return asked_at_.at(reply.client.client);
}

std::uint64_t EngineScenario::upstream_metric(std::string_view upstream,
                                              metrics::UpstreamMetric metric) const {
  bool is_known = false;
  std::uint64_t total = 0;
  for (const auto& source : engine_->sources().upstreams) {
    if (source.labels.front().second != upstream) continue;
    is_known = true;
    total += source.block->get(metric);
  }
  EXPECT_TRUE(is_known) << "no upstream " << upstream;
  return total;
}

std::uint64_t EngineScenario::zone_metric(std::string_view zone, metrics::ZoneMetric metric) const {
  for (const auto& source : engine_->sources().zones)
    if (source.labels.front().second == zone) return source.block->get(metric);
  ADD_FAILURE() << "no zone " << zone;
  return 0;
}

std::optional<EngineScenario::AskedExchange> EngineScenario::last_loop_probe() {
  if (loop_probes_.empty()) return std::nullopt;
  const auto [action, bytes] = loop_probes_.back();
  return AskedExchange{*this, action, wire::read(bytes)};
}

void EngineScenario::perform() {
  std::vector<std::pair<StartExchange, wire::Bytes>> started;
  actions_.for_each([&](const Action& action) {
    if (const auto* respond = std::get_if<Respond>(&action)) {
      replies_.emplace_back(respond->client,
                            wire::Bytes{respond->message.begin(), respond->message.end()});
      return;
    }
    if (const auto* loop = std::get_if<LoopFound>(&action)) {
      loops_.push_back(loop->server);
      return;
    }
    if (const auto* asked = std::get_if<Identify>(&action)) {
      engine_->on_identified(asked->question, Spender::of_address(asked->client.client.address));
      return;
    }
    if (const auto* spent = std::get_if<Spent>(&action)) {
      engine_->book(*spent, spent->spender, now_);
      return;
    }
    StartExchange start = std::get<StartExchange>(action);
    wire::Bytes bytes{start.query.begin(), start.query.end()};
    start.query = {};
    started.emplace_back(start, std::move(bytes));
  });
  actions_.clear();
  for (auto& exchange : started) {
    if (exchange.first.transport == Transport::udp)
      engine_->on_sent(exchange.first.id, sends_leave_ ? 1 : 0, now_ + send_delay_);
    record_->started(exchange.first, exchange.second, now_);
    sent_at_.push_back(now_);
    (is_loop_probe(exchange.second) ? loop_probes_ : exchanges_).push_back(std::move(exchange));
  }
}

void EngineScenario::finish(const StartExchange& action, const ExchangeOutcome& outcome) {
  record_->finished(action.id, outcome, now_);
  engine_->on_exchange_done(action.id, outcome, now_, actions_);
  perform();
}

}  // namespace sluice
