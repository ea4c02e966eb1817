#include "resolver/app/local_spec.h"

#include <memory>

#include "resolver/local/local_records.h"

namespace sluice::app {

net::LocalSpec local_spec_of(const conf::Config& config, HashKey key) {
  net::LocalSpec spec;
  spec.hash_key = key;
  spec.hosts = config.local.hosts;
  spec.names_itself = config.local.own_name;
  spec.special_use = config.local.special_use;
  std::vector<dns::ZoneRecord> records;
  for (const conf::Record& record : config.records) records.push_back(record.parsed);
  spec.records = std::make_shared<const local::LocalRecords>(records, key);
  for (const conf::Blocklist& list : config.blocklists)
    spec.blocklists.push_back(
        {.file = list.file, .name = list.name, .format = list.format, .action = list.answer});
  return spec;
}

}  // namespace sluice::app
