#include "resolver/app/local_spec.h"

#include <memory>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/local_records.h"

namespace sluice::app {

net::LocalSpec local_spec_of(const conf::Config& config, HashKey key) {
  net::LocalSpec spec;
  spec.hash_key = key;
  spec.hosts = config.local.hosts;
  spec.names_itself = config.local.own_name;
  spec.special_use = config.local.special_use;
  std::vector<dns::ZoneRecord> records;
  for (const conf::Record& record : config.records) {
    auto parsed = dns::parse_record(record.data, local::kDefaultRecordTtl);
    SLUICE_ASSERT(parsed);  // the loader has refused all others
    records.push_back(std::move(parsed).value());
  }
  spec.records = std::make_shared<const local::LocalRecords>(records, key);
  for (const conf::Blocklist& list : config.blocklists)
    spec.blocklists.push_back(
        {.file = list.file, .name = list.name, .format = list.format, .action = list.answer});
  return spec;
}

}  // namespace sluice::app
