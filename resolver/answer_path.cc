#include "resolver/answer_path.h"

#include <algorithm>
#include <optional>

#include "resolver/base/assert.h"

namespace sluice {
namespace {

using metrics::WorkerMetric;

// The largest UDP payload that IPv4 can carry: 65,535 less 20 octets of IP and 8 of UDP header.
constexpr std::size_t kMaxUdpPayload = 65'507;

void count_error(WorkerCounters& counters, dns::QueryError error) noexcept {
  const std::optional<dns::Rcode> rcode = dns::rcode_for(error);
  if (!rcode)
    counters.add(error == dns::QueryError::is_response ? WorkerMetric::dropped_responses
                                                       : WorkerMetric::dropped_malformed);
  else if (*rcode == dns::Rcode::notimp)
    counters.add(WorkerMetric::errors_notimp);
  else if (*rcode == dns::Rcode::badvers)
    counters.add(WorkerMetric::errors_badvers);
  else
    counters.add(WorkerMetric::errors_formerr);
}

struct Refusal {
  dns::Rcode rcode;
  dns::Ede ede;
};

constexpr dns::EdeCode kNotAuthoritative{20};  // RFC 8914 section 4.21: RD is clear
constexpr Refusal kNotCached{dns::Rcode::refused,
                             {kNotAuthoritative, "not cached, and recursion was not asked for"}};

// Types that cannot be asked for through a forwarder, answered as Unbound answers them. Every
// other type goes upstream as it is (RFC 3597), ANY and the meta-types that we do not know among
// them (RFC 5625 section 4.3).
std::optional<Refusal> refusal_for(dns::Type type) noexcept {
  switch (type) {
    case dns::Type::opt:   // both belong to a message, not to a name
    case dns::Type::tsig:  // (RFC 6891 section 6.1.1, RFC 8945 section 4.2)
      return Refusal{dns::Rcode::formerr, {dns::EdeCode::not_supported, "not a type of question"}};
    case dns::Type::axfr:
    case dns::Type::ixfr:
      return Refusal{dns::Rcode::refused,
                     {dns::EdeCode::not_supported, "zone transfers are not forwarded"}};
    default:
      return std::nullopt;
  }
}

std::size_t write_refusal(std::span<std::byte> out, const dns::Query& query,
                          const ClientRef& client, const Refusal& refusal) noexcept {
  const std::size_t size = dns::write_empty_response(out, query.question, refusal.rcode);
  return dns::finish_reply(out, size, shape_for(client, query), refusal.ede);
}

/// What the engine gets must not view the client's message.
void copy_for_engine(const dns::Query& asked, dns::Query& query) noexcept {
  query = asked;
  if (query.edns) query.edns->options = {};
}

}  // namespace

// A loopback interface neither loses nor fragments, so that there only the client's own offer
// counts. Elsewhere 1232 keeps fragments away (RFC 9715).
std::size_t udp_limit_for(const ClientRef& client) noexcept {
  return client.client.address.is_loopback() ? kMaxUdpPayload : dns::kEdnsUdpSize;
}

dns::ReplyShape shape_for(const ClientRef& client, const dns::Query& query) noexcept {
  return client.transport == Transport::tcp
             ? dns::ReplyShape::for_tcp(query)
             : dns::ReplyShape::for_udp(query, udp_limit_for(client));
}

AnswerPath::Verdict AnswerPath::answer(std::span<const std::byte> message, const ClientRef& client,
                                       TimePoint now, std::span<std::byte> out,
                                       dns::Query& query) noexcept {
  SLUICE_ASSERT(out.size() >= kOutSize);
  counters_.add(client.transport == Transport::tcp ? WorkerMetric::queries_tcp
                                                   : WorkerMetric::queries_udp);
  const auto parsed = dns::parse_query(message);
  if (!parsed) {
    count_error(counters_, parsed.error());
    const std::size_t size = dns::write_error_reply(out, message, parsed.error());
    return {size == 0 ? Outcome::silent : Outcome::replied, size};
  }
  const dns::Query& asked = parsed.value();
  if (const auto refusal = refusal_for(asked.question.type)) {
    counters_.add(refusal->rcode == dns::Rcode::formerr ? WorkerMetric::errors_formerr
                                                        : WorkerMetric::errors_refused);
    return {Outcome::replied, write_refusal(out, asked, client, *refusal)};
  }
  if (const Verdict hit = answer_from_cache(asked, client, now, out);
      hit.outcome == Outcome::replied) {
    counters_.add(WorkerMetric::cache_hits);
    if (hit.refresh_due) copy_for_engine(asked, query);
    return hit;
  }
  counters_.add(WorkerMetric::cache_misses);
  if (!asked.has(dns::Header::kRd)) {
    counters_.add(WorkerMetric::errors_refused);
    return {Outcome::replied, write_refusal(out, asked, client, kNotCached)};
  }
  copy_for_engine(asked, query);
  return {Outcome::missed, 0};
}

AnswerPath::Verdict AnswerPath::answer_from_cache(const dns::Query& query, const ClientRef& client,
                                                  TimePoint now,
                                                  std::span<std::byte> out) noexcept {
  const dns::LookupKey key = query.key();
  const auto hit =
      cache_.lookup(key, cache_.hash(key), now, out.first(out.size() - dns::kReplySlack));
  if (!hit || hit->freshness == cache::Freshness::stale) return {Outcome::missed, 0};
  const std::size_t size =
      dns::finish_reply(out, hit->size, shape_for(client, query), std::nullopt);
  // What is stored was never truncated, so that TC is our own.
  if ((dns::read_u16(out, 2) & dns::Header::kTc) != 0)
    counters_.add(WorkerMetric::replies_truncated);
  return {Outcome::replied, size, hit->refresh_due};
}

}  // namespace sluice
