// Forwarding loops: a server that, by whatever way round, sends our questions back to us.
//
// A question that comes back is recognised as one in flight, and waits for itself: the sign of
// every loop are tries that time out, though whoever is in the loop may say SERVFAIL in the end. So
// a server that lets several tries pass is asked for a name that nobody else can know; if a client
// then asks us for that name, the client is our own question. Comparing addresses would not do:
// there may be any number of forwarders in between.
#include <charconv>
#include <string_view>

#include "resolver/answer_path.h"
#include "resolver/dns/encode.h"
#include "resolver/query_engine.h"
#include "resolver/replies.h"

namespace sluice {

namespace {

using metrics::UpstreamMetric;

/// Tries that a server lets pass, without a good answer in time, before it is probed.
constexpr std::uint32_t kSuspicion = 3;

/// How often such a server is probed again.
constexpr Duration kLoopProbeInterval = std::chrono::seconds{30};

// A probe asks for the TXT records of "<token>.sluice-loop-probe.<zone of the rule>": below the
// rule's own zone, since what lies between us and ourselves may forward by zone, too.
constexpr std::size_t kTokenDigits = 16;
constexpr std::string_view kProbeLabel = "sluice-loop-probe";
constexpr std::size_t kPrefixSize = 1 + kTokenDigits + 1 + kProbeLabel.size();

std::string_view text_at(const dns::Name& name, std::size_t offset, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(name.wire().data()) + offset, size};
}

std::optional<dns::Name> probe_name(std::uint64_t token, const dns::Name& suffix) noexcept {
  std::array<std::byte, kPrefixSize + dns::kMaxNameSize> wire;
  std::array<char, kTokenDigits> digits;
  for (std::size_t i = 0; i < kTokenDigits; ++i)
    digits[i] = "0123456789abcdef"[token >> (4 * (kTokenDigits - 1 - i)) & 0xf];
  dns::Appender out{wire, 0};
  out.u8(kTokenDigits);
  out.bytes(std::as_bytes(std::span{digits}));
  out.u8(kProbeLabel.size());
  out.bytes(std::as_bytes(std::span{kProbeLabel}));
  out.bytes(suffix.wire());
  std::size_t offset = 0;
  return dns::Name::read(std::span{wire}.first(out.size()), offset);
}

/// The token in the name of a probe, ours or another's.
std::optional<std::uint64_t> token_in(const dns::Name& name) noexcept {
  if (name.size() <= kPrefixSize || name.wire()[0] != std::byte{kTokenDigits} ||
      name.wire()[1 + kTokenDigits] != std::byte{kProbeLabel.size()} ||
      text_at(name, 1 + kTokenDigits + 1, kProbeLabel.size()) != kProbeLabel)
    return std::nullopt;
  const std::string_view digits = text_at(name, 1, kTokenDigits);
  std::uint64_t token = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), token, 16);
  if (error != std::errc{} || end != digits.end()) return std::nullopt;
  return token;
}

}  // namespace

void QueryEngine::probe_for_loops(RuleIndex index, TimePoint now, ActionList& out) {
  Rule& rule = routing_.rule(index);
  for (std::size_t i = 0; i < rule.paths.size(); ++i) {
    Path& path = rule.paths[i];
    if (path.silent_tries < kSuspicion || path.loop_probe_due > now) continue;
    path.loop_probe_due = now + kLoopProbeInterval;
    send_loop_probe(index, static_cast<std::uint8_t>(i), now, out);
  }
}

void QueryEngine::send_loop_probe(RuleIndex index, std::uint8_t path_index, TimePoint now,
                                  ActionList& out) {
  Rule& rule = routing_.rule(index);
  Path& path = rule.paths[path_index];
  const std::uint64_t token = random_.next();
  const auto name = probe_name(token, rule.suffix);
  if (!name) return;  // a zone with so long a name that nothing fits in front of it
  Gate& gate = *routing_.gates()[rule.gate];
  const auto lane = take_packets(gate, 1, now);
  if (!lane) return;
  const auto slot = exchanges_.take();
  SLUICE_ASSERT(slot.has_value());
  dns::LookupKey key;
  key.question = {.name = *name, .type = dns::Type::txt, .klass = dns::Class::in};
  exchanges_[*slot] = {.key = key,
                       .rule = index,
                       .lane = *lane,
                       .path = path_index,
                       .is_loop_probe = true,
                       .started = now};
  routing_.acquire(index);
  ++path.in_flight;
  rule.upstream_counters->add(UpstreamMetric::loop_probes);
  loop_probes_[next_loop_probe_++ % kMaxLoopProbes] = {token, index, path_index};

  const std::span<std::byte> room = out.room(dns::kMaxUpstreamQuerySize);
  const std::size_t size = dns::write_upstream_query(room.first<dns::kMaxUpstreamQuerySize>(), key,
                                                     {.id = random_.next_id()});
  exchanges_[*slot].query_size = static_cast<std::uint16_t>(size);
  record_sent(exchanges_[*slot], 0, room.first(size));
  out.start({.id = {*slot, exchanges_.generation(*slot)},
             .server = path.server,
             .transport = Transport::udp,
             .interface = gate.interface(*lane),
             .query = {}},
            size);
}

/// True if the query was a probe of ours: it has been answered.
bool QueryEngine::recognise_probe(const ClientRef& client, const dns::Query& query,
                                  ActionList& out) {
  const auto token = token_in(query.question.name);
  if (!token) return false;
  for (const LoopProbe& probe : loop_probes_) {
    if (probe.token != *token) continue;
    Rule& rule = routing_.rule(probe.rule);
    if (probe.path >= rule.paths.size()) return false;  // the rule has been replaced meanwhile
    Path& path = rule.paths[probe.path];
    rule.upstream_counters->add(UpstreamMetric::loops);
    if (!path.is_looping) out.report(LoopFound{path.server, probe.rule});
    path.is_looping = true;
    reply_with_error(client, shape_for(client, query), query.question, dns::Rcode::refused,
                     {dns::EdeCode::other, "a forwarding loop: this question is our own"}, out);
    return true;
  }
  return false;
}

}  // namespace sluice
