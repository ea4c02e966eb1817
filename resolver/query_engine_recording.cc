// What the flight recorder is told. Facts that it is not worth looking up are not, while it is off.
#include "resolver/query_engine.h"

namespace sluice {

void QueryEngine::record_client(EventKind kind, const Arrival& arrival, ReplySource source,
                                TimePoint now) noexcept {
  recorder_.record({.kind = kind,
                    .transport = arrival.client.transport,
                    .source = source,
                    .at = now,
                    .peer = arrival.client.client},
                   arrival.key.question);
}

void QueryEngine::record_background(Index index, TimePoint now) noexcept {
  using Band = policy::AdmissionQueue::Band;
  const InFlight& question = table_[index];
  const bool is_prefetch = question.purpose == InFlight::Purpose::prefetch;
  recorder_.record({.kind = EventKind::background,
                    .band = is_prefetch ? Band::prefetch : Band::refresh,
                    .at = now},
                   question.key.question);
}

void QueryEngine::record_waiting(const InFlight& question, TimePoint now) noexcept {
  recorder_.record({.kind = EventKind::waiting, .band = question.band, .at = now},
                   question.key.question);
}

void QueryEngine::record_sent(const ExchangeState& exchange, std::uint8_t tries,
                              std::span<const std::byte> query) noexcept {
  if (!recorder_.is_on()) return;
  recorder_.record({.kind = EventKind::sent,
                    .transport = exchange.transport,
                    .tries = tries,
                    .at = exchange.started,
                    .peer = routing_.rule(exchange.rule).paths[exchange.path].server},
                   exchange.key.question, query);
}

void QueryEngine::record_outcome(const ExchangeState& exchange, const ExchangeOutcome& outcome,
                                 TimePoint now) noexcept {
  if (!recorder_.is_on()) return;
  recorder_.record({.kind = EventKind::outcome,
                    .transport = exchange.transport,
                    .status = outcome.status,
                    .is_late = exchange.timed_out,
                    .at = now,
                    .elapsed = now - exchange.started,
                    .peer = routing_.rule(exchange.rule).paths[exchange.path].server},
                   exchange.key.question, outcome.response);
}

void QueryEngine::record_timeout(const InFlight& question, TimePoint now) noexcept {
  if (!recorder_.is_on()) return;
  recorder_.record({.kind = EventKind::timeout,
                    .transport = question.transport,
                    .tries = question.tries,
                    .at = now,
                    .elapsed = now - exchanges_[question.exchange].started,
                    .peer = routing_.rule(question.rule).paths[question.server].server},
                   question.key.question);
}

void QueryEngine::record_settled(const InFlight& question, ReplySource source,
                                 metrics::ZoneMetric cause, TimePoint now) noexcept {
  recorder_.record({.kind = EventKind::settled,
                    .source = source,
                    .cause = cause,
                    .tries = question.tries,
                    .waiters = question.waiter_count,
                    .at = now,
                    .elapsed = now - question.since},
                   question.key.question);
}

}  // namespace sluice
