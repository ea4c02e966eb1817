#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/dns/presentation.h"
#include "resolver/local/blocklist.h"
#include "resolver/local/hosts_table.h"
#include "resolver/local/local_names.h"
#include "resolver/local/local_records.h"
#include "tests/support/wire.h"

/// Questions to local names in presentation format, and their answers as a client reads them.
namespace sluice::local {

inline constexpr HashKey kHashKey{.k0 = 17, .k1 = 42};

inline const std::string kSoaTail = "nobody.invalid. 1 3600 1200 604800 ";

/// The SOA that goes with a negative answer of `zone`, as text.
inline std::string soa(const std::string& zone, int ttl) {
  return zone + " " + std::to_string(ttl) + " IN SOA " + zone + " " + kSoaTail +
         std::to_string(ttl);
}

struct Asked {
  wire::Message message;
  Source source{};
  std::string ede;  ///< "15 blocked by ..."; empty if there is none

  [[nodiscard]] const wire::Records& answer() const { return message.answer; }
  [[nodiscard]] dns::Rcode rcode() const { return dns::Rcode{message.rcode}; }
  [[nodiscard]] bool is_nodata() const {
    return rcode() == dns::Rcode::noerror && message.answer.empty() &&
           message.authority.size() == 1;
  }
  [[nodiscard]] bool is_nxdomain() const {
    return rcode() == dns::Rcode::nxdomain && message.answer.empty() &&
           message.authority.size() == 1;
  }
};

inline std::optional<Asked> ask(const LocalNames& names, std::string_view question,
                                const Covering& covering = {}) {
  std::vector<std::byte> out(kMaxLocalAnswer);
  const auto answer = names.answer(wire::question(question), covering, out);
  if (names.covers(wire::question(question), covering) != answer.has_value())
    throw std::logic_error{"covers() and answer() differ"};
  if (!answer) return std::nullopt;
  Asked asked{.message = wire::read(std::span{out}.first(answer->size)),
              .source = answer->source,
              .ede = {}};
  if (answer->ede) {
    asked.ede = std::to_string(static_cast<int>(answer->ede->code)) + " ";
    asked.ede += answer->ede->text;
  }
  return asked;
}

inline dns::Name name(std::string_view text) { return dns::parse_name(text).value(); }

inline std::vector<dns::ZoneRecord> zone_records(const wire::Records& lines) {
  std::vector<dns::ZoneRecord> records;
  for (const std::string& line : lines) {
    auto record = dns::parse_record(line, kDefaultRecordTtl);
    if (!record) throw std::invalid_argument{line + ": " + record.error()};
    records.push_back(std::move(record).value());
  }
  return records;
}

inline std::shared_ptr<const LocalRecords> local_records(const wire::Records& lines) {
  return std::make_shared<const LocalRecords>(zone_records(lines), kHashKey);
}

inline std::shared_ptr<const HostsTable> hosts(std::string_view text) {
  return std::make_shared<const HostsTable>(text, kHashKey);
}

inline std::shared_ptr<const Blocklist> list(const Blocklist::Options& options,
                                             std::string_view text) {
  return std::make_shared<const Blocklist>(options, text);
}
inline std::shared_ptr<const Blocklist> plain_list(std::string_view text,
                                                   ListAction action = ListAction::nxdomain) {
  return list({.name = "ads", .action = action, .key = kHashKey}, text);
}
inline std::shared_ptr<const Blocklist> hosts_list(std::string_view text) {
  return list({.name = "ads", .format = ListFormat::hosts, .key = kHashKey}, text);
}
inline std::shared_ptr<const Blocklist> policy_zone(std::string_view text) {
  return list({.name = "zone", .format = ListFormat::rpz, .key = kHashKey}, text);
}

/// Nothing but a hash key: no special uses either.
inline Parts no_parts() { return {.hash_key = kHashKey, .special_use = {}}; }

inline Address address(std::string_view text) { return Address::parse(text).value(); }

}  // namespace sluice::local
