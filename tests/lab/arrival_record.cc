#include "tests/lab/arrival_record.h"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace sluice::lab {

namespace {

std::string key_of(const dns::Question& question) {
  const auto wire = question.name.wire();
  std::string key(wire.size() + 4, '\0');
  const auto bytes = std::as_writable_bytes(std::span{key});
  std::copy(wire.begin(), wire.end(), bytes.begin());
  dns::write_u16(bytes, wire.size(), static_cast<std::uint16_t>(question.type));
  dns::write_u16(bytes, wire.size() + 2, static_cast<std::uint16_t>(question.klass));
  return key;
}

std::string_view to_string(Transport transport) {
  return transport == Transport::udp ? "udp" : "tcp";
}

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::passed:
      return "passed";
    case Fate::dropped:
      return "dropped";
    case Fate::lost:
      return "lost";
  }
  return "unknown";
}

}  // namespace

std::uint32_t ArrivalRecord::intern(const dns::Question& question, std::uint16_t zone) {
  std::string key = key_of(question);
  if (const auto known = index_.find(key); known != index_.end()) return known->second;
  if (questions_.size() == capacity_) return kNoQuestion;
  const auto index = static_cast<std::uint32_t>(questions_.size());
  const auto added = index_.emplace(std::move(key), index).first;
  questions_.push_back(&added->first);
  zones_.push_back(zone);
  return index;
}

void ArrivalRecord::add(const Arrival& arrival) {
  if (arrivals_.size() == capacity_)
    ++unrecorded_;
  else
    arrivals_.push_back(arrival);
}

dns::Question ArrivalRecord::question(std::uint32_t index) const {
  const auto bytes = std::as_bytes(std::span{*questions_[index]});
  std::size_t offset = 0;
  const auto name = dns::Name::read(bytes, offset);
  SLUICE_ASSERT(name);
  return {.name = *name,
          .type = static_cast<dns::Type>(dns::read_u16(bytes, offset)),
          .klass = static_cast<dns::Class>(dns::read_u16(bytes, offset + 2))};
}

void ArrivalRecord::write_csv(std::ostream& out, std::span<const ZoneBehaviour> zones) const {
  out << "arrival_ns,transport,fate,zone,name,type\n";
  for (const Arrival& arrival : arrivals_) {
    out << arrival.at_ns << ',' << to_string(arrival.transport) << ',' << to_string(arrival.fate)
        << ',';
    if (arrival.zone < zones.size()) out << dns::to_string(zones[arrival.zone].suffix);
    if (arrival.question == kNoQuestion) {
      out << ",,\n";
      continue;
    }
    const dns::Question asked = question(arrival.question);
    out << ',' << dns::to_string(asked.name) << ',' << dns::to_string(asked.type) << '\n';
  }
}

}  // namespace sluice::lab
