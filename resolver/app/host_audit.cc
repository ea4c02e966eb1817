#include "resolver/app/host_audit.h"

#include <utility>

#include <boost/asio/io_context.hpp>

#include "resolver/app/local_spec.h"
#include "resolver/net/host_facts.h"
#include "resolver/net/local_files.h"

namespace sluice::app {

std::vector<conf::Advice> audit_here(const conf::Config& config,
                                     std::shared_ptr<const local::LocalNames> local_names) {
  conf::HostFacts host = net::read_host_facts(config.server.listen);
  host.local_names = std::move(local_names);
  return conf::audit(config, host);
}

std::vector<conf::Advice> audit_here(const conf::Config& config) {
  std::shared_ptr<const local::LocalNames> names;
  boost::asio::io_context loop{1};
  net::LocalFiles files{loop, {}, [&](auto reading) { names = reading->names; }};
  files.use(local_spec_of(config, HashKey{}));  // no query of a stranger meets these tables
  return audit_here(config, std::move(names));
}

}  // namespace sluice::app
