#include "resolver/answer_path.h"

#include <algorithm>
#include <array>
#include <optional>

#include "resolver/base/assert.h"
#include "resolver/dns/edns_options.h"
#include "resolver/dns/encode.h"

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

// Types that cannot be asked for through a forwarder, answered as Unbound answers them. Every
// other type goes upstream as it is (RFC 3597), the meta-types that we do not know among them
// (RFC 5625 section 4.3).
std::optional<Refusal> refusal_for(dns::Type type) noexcept {
  switch (type) {
    case dns::Type::opt:   // both belong to a message, not to a name
    case dns::Type::tsig:  // (RFC 6891 section 6.1.1, RFC 8945 section 4.2)
      return Refusal{dns::Rcode::formerr, {dns::EdeCode::not_supported, {}}};
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

// What RFC 8482 section 4.2 has instead of everything there is: small, so that nobody gains by
// forging its source, and the same for all names, so that it costs no packet.
std::size_t write_any_answer(std::span<std::byte> out, const dns::Query& query,
                             const ClientRef& client) noexcept {
  constexpr std::uint32_t kTtl = 3'600;
  constexpr std::array kCpu{'R', 'F', 'C', '8', '4', '8', '2'};
  dns::Appender record{out, dns::write_empty_response(out, query.question, dns::Rcode::noerror)};
  record.u16(dns::pointer_to(dns::kHeaderSize));
  record.record(dns::Type::hinfo, query.question.klass, kTtl, 1 + kCpu.size() + 1);
  record.u8(kCpu.size());
  record.bytes(std::as_bytes(std::span{kCpu}));
  record.u8(0);  // no operating system
  dns::write_u16(out, dns::kAnswerCountOffset, 1);
  return dns::finish_reply(out, record.size(), shape_for(client, query), std::nullopt);
}

// Nothing but "ask again over TCP".
std::size_t write_truncated(std::span<std::byte> out, const dns::Query& query,
                            const ClientRef& client) noexcept {
  const std::size_t size = dns::write_empty_response(out, query.question, dns::Rcode::noerror);
  dns::set_truncated(out);
  return dns::finish_reply(out, size, shape_for(client, query), std::nullopt);
}

WorkerMetric type_metric(dns::Type type) noexcept {
  switch (type) {
    case dns::Type::a:
      return WorkerMetric::asked_a;
    case dns::Type::aaaa:
      return WorkerMetric::asked_aaaa;
    case dns::Type::ptr:
      return WorkerMetric::asked_ptr;
    case dns::Type::srv:
      return WorkerMetric::asked_srv;
    case dns::Type::txt:
      return WorkerMetric::asked_txt;
    case dns::Type::https:
      return WorkerMetric::asked_https;
    default:
      return WorkerMetric::asked_other;
  }
}

WorkerMetric hit_metric(std::span<const std::byte> reply) noexcept {
  switch (static_cast<dns::Rcode>(dns::read_u16(reply, 2) & dns::Header::kRcodeMask)) {
    case dns::Rcode::noerror:
      return WorkerMetric::hits_noerror;
    case dns::Rcode::nxdomain:
      return WorkerMetric::hits_nxdomain;
    default:
      return WorkerMetric::hits_other;
  }
}

/// What the engine gets must not view the client's message.
void copy_for_engine(const dns::Query& asked, dns::Query& query) noexcept {
  query = asked;
  if (query.edns) query.edns->options = {};
}

// Cookies need a clock that all our threads share and that never runs backwards, no more: nobody
// else reads the time in them.
std::uint32_t cookie_time(TimePoint now) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
}

std::uint16_t in_tenths_of_a_second(Duration duration) noexcept {
  const auto tenths = duration / std::chrono::milliseconds{100};
  return static_cast<std::uint16_t>(std::min<std::int64_t>(tenths, 0xffff));
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
  if (!allows(client)) return deny(message, client, now, out);
  auto parsed = dns::parse_query(message);
  if (!parsed) return answer_malformed(message, client, now, parsed.error(), out);
  dns::Query& asked = parsed.value();
  counters_.add(type_metric(asked.question.type));
  if (!read_options(asked, client, now))
    return answer_malformed(message, client, now, dns::QueryError::bad_opt, out);
  if (is_over_limit(asked, client, now)) {
    counters_.add(WorkerMetric::limited);
    return {Outcome::replied, write_truncated(out, asked, client)};
  }
  if (const auto refusal = refusal_for(asked.question.type)) {
    counters_.add(refusal->rcode == dns::Rcode::formerr ? WorkerMetric::errors_formerr
                                                        : WorkerMetric::errors_refused);
    return {Outcome::replied, write_refusal(out, asked, client, *refusal)};
  }
  if (asked.question.type == dns::Type::any && client.transport == Transport::udp) {
    counters_.add(WorkerMetric::any_answers);
    return {Outcome::replied, write_any_answer(out, asked, client)};
  }
  if (const Verdict hit = answer_from_cache(asked, client, now, out);
      hit.outcome == Outcome::replied) {
    counters_.add(WorkerMetric::cache_hits);
    counters_.add(hit_metric(out));
    if (hit.refresh_due) copy_for_engine(asked, query);
    return hit;
  }
  counters_.add(WorkerMetric::cache_misses);
  copy_for_engine(asked, query);
  return {Outcome::missed, 0};
}

bool AnswerPath::allows(const ClientRef& client) const noexcept {
  if (client.client.address.is_loopback()) return true;
  return allowed_ && allowed_->allows(client.client.address);
}

// Strangers get no text and no second datagram for a malformed one: nobody gains by being one.
AnswerPath::Verdict AnswerPath::deny(std::span<const std::byte> message, const ClientRef& client,
                                     TimePoint now, std::span<std::byte> out) noexcept {
  const auto query = dns::parse_query(message);
  if (!query ||
      (client.transport == Transport::udp && !access_.limit.conforms(client.client.address, now))) {
    counters_.add(WorkerMetric::dropped_denied);
    return {Outcome::silent, 0};
  }
  counters_.add(WorkerMetric::denied);
  const Refusal refusal{dns::Rcode::refused, {dns::EdeCode::prohibited, {}}};
  return {Outcome::replied, write_refusal(out, query.value(), client, refusal)};
}

AnswerPath::Verdict AnswerPath::answer_malformed(std::span<const std::byte> message,
                                                 const ClientRef& client, TimePoint now,
                                                 dns::QueryError error,
                                                 std::span<std::byte> out) noexcept {
  if (error == dns::QueryError::no_question) {  // RFC 7873 section 5.4
    dns::Query query{};
    query.edns = dns::find_edns(message);
    const auto header = dns::Header::read(message);
    if (header && read_options(query, client, now) && query.reply_options.has_cookie)
      return {Outcome::replied, dns::write_cookie_reply(out, *header, query.reply_options)};
  }
  count_error(counters_, error);
  const std::size_t size = dns::write_error_reply(out, message, error);
  return {size == 0 ? Outcome::silent : Outcome::replied, size};
}

bool AnswerPath::read_options(dns::Query& query, const ClientRef& client, TimePoint now) noexcept {
  if (!query.edns || query.edns->options.empty()) return true;
  const bool is_tcp = client.transport == Transport::tcp;
  const dns::EdnsOptions asked = dns::read_options(query.edns->options);
  if (asked.malformed_cookie || (is_tcp && asked.malformed_keepalive)) return false;
  dns::ReplyOptions& due = query.reply_options;
  if (is_tcp && asked.wants_keepalive && idle_timeout_ > Duration::zero())
    due.keepalive = in_tenths_of_a_second(idle_timeout_);
  if (asked.cookie) bake_cookie(*asked.cookie, client, now, due);
  return true;
}

/// The reply repeats the client's cookie, and ours behind it: the one that it sent if that is good,
/// else a new one (RFC 7873 section 5.2).
void AnswerPath::bake_cookie(const dns::Cookie& cookie, const ClientRef& client, TimePoint now,
                             dns::ReplyOptions& due) noexcept {
  const Address& address = client.client.address;
  const std::uint32_t time = cookie_time(now);
  const auto verdict = dns::verify(cookie, address, time, access_.cookie_secret);
  if (cookie.server.empty())
    counters_.add(WorkerMetric::cookies_new);
  else
    counters_.add(verdict == dns::CookieVerdict::bad ? WorkerMetric::cookies_bad
                                                     : WorkerMetric::cookies_good);
  due.has_cookie = true;
  due.has_good_cookie = verdict != dns::CookieVerdict::bad;
  const auto server_part =
      std::copy(cookie.client.begin(), cookie.client.end(), due.cookie.begin());
  if (verdict == dns::CookieVerdict::good) {
    std::copy(cookie.server.begin(), cookie.server.end(), server_part);
    return;
  }
  const auto fresh = dns::make_server_cookie(cookie.client, address, time, access_.cookie_secret);
  std::copy(fresh.begin(), fresh.end(), server_part);
}

bool AnswerPath::is_over_limit(const dns::Query& query, const ClientRef& client,
                               TimePoint now) noexcept {
  const Address& address = client.client.address;
  if (client.transport == Transport::tcp || address.is_loopback()) return false;
  return !query.reply_options.has_good_cookie && !access_.limit.conforms(address, now);
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
  return {Outcome::replied, size, hit->refresh_due, ReplySource::cache};
}

}  // namespace sluice
