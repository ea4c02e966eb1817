#include "resolver/net/client_tap.h"

#include <algorithm>

namespace sluice::net {

namespace {

using conf::DnstapMessage;
using Wall = std::chrono::system_clock;

/// How long ago a query came; nothing if it was just now.
Duration latency_of(const ReplyOrigin& origin) noexcept {
  return origin.asked == TimePoint{} ? Duration::zero() : Clock::now() - origin.asked;
}

TappedMessage message_of(DnstapMessage kind, const ClientRef& client,
                         std::span<const std::byte> octets) noexcept {
  TappedMessage message{.kind = kind,
                        .transport = client.transport,
                        .initiator = client.client,
                        .responder = {},
                        .octets = octets};
  message.responder.address = client.local;
  return message;
}

}  // namespace

void ClientTap::log_to(QueryLog& log, std::uint32_t sample_every) noexcept {
  log_ = &log;
  log_sample_ = sample_every;
  sample();
}

void ClientTap::send_to(Dnstap& dnstap, std::size_t queue) noexcept {
  dnstap_ = &dnstap;
  queue_ = queue;
  sample();
}

void ClientTap::sample() noexcept {
  const bool wants_queries = dnstap_ != nullptr && dnstap_->wants(DnstapMessage::client_query);
  const bool wants_replies = dnstap_ != nullptr && dnstap_->wants(DnstapMessage::client_response);
  replies_.set(log_sample_, wants_queries || wants_replies ? dnstap_->sample() : 0);
  misses_.set(0, wants_queries ? dnstap_->sample() : 0);
}

void ClientTap::on_reply(const TappedReply& reply) noexcept {
  const ReplySampling::Due due = replies_.take();
  const auto now = Wall::now();
  const Duration latency = latency_of(reply.origin);
  if (due.for_log) {
    LoggedQuery query{.time = now,
                      .latency = latency,
                      .client = reply.client.client,
                      .source = reply.origin.source,
                      .tries = reply.origin.tries,
                      .zone_labels = reply.zone_labels};
    const std::size_t size = std::min(reply.upstream.size(), query.upstream.size());
    std::copy_n(reply.upstream.begin(), size, query.upstream.begin());
    read_reply(reply.reply, query);
    log_->offer(query);
  }
  if (!due.for_dnstap) return;
  const auto asked = now - std::chrono::duration_cast<Wall::duration>(latency);
  if (!reply.query.empty()) {
    TappedMessage query = message_of(DnstapMessage::client_query, reply.client, reply.query);
    query.query_time = asked;
    dnstap_->send(queue_, query);
  }
  TappedMessage response = message_of(DnstapMessage::client_response, reply.client, reply.reply);
  response.query_time = asked;
  response.response_time = now;
  dnstap_->send(queue_, response);
}

void ClientTap::on_miss(const ClientRef& client, std::span<const std::byte> query) noexcept {
  (void)misses_.take();
  TappedMessage message = message_of(DnstapMessage::client_query, client, query);
  message.query_time = Wall::now();
  dnstap_->send(queue_, message);
}

}  // namespace sluice::net
