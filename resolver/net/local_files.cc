#include "resolver/net/local_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "resolver/dns/presentation.h"
#include "resolver/local/hosts_table.h"
#include "resolver/net/text_file.h"

namespace sluice::net {

namespace {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// An address with a scope cannot be told in a DNS record.
std::vector<Address> without_scoped(std::vector<Address> addresses) {
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(),
                                 [](const Address& address) { return address.scope != 0; }),
                  addresses.end());
  return addresses;
}

// What a host calls itself that has no name of its own. It stands for the loopback addresses
// (RFC 6761 section 6.3), not for those that others reach.
bool means_loopback(const dns::Name& name) {
  const auto is_below = [&](const char* text) {
    return name.is_at_or_below(*dns::parse_name(text));
  };
  return is_below("localhost") || is_below("localhost.localdomain");
}

}  // namespace

std::vector<local::OwnName> own_names_of(const std::string& host_name, const HostNetwork& network) {
  std::vector<local::OwnName> names{
      {*dns::parse_name("_gateway"), without_scoped(network.gateways)}};
  const std::string first_label = host_name.substr(0, host_name.find('.'));
  for (const std::string& text : {host_name, first_label}) {
    const auto name = text.empty() ? std::nullopt : dns::parse_name(text);
    if (name && !name->is_root() && !means_loopback(*name))
      names.push_back({*name, without_scoped(network.own)});
  }
  return names;
}

void LocalFiles::use(LocalSpec spec) {
  const Files before = std::exchange(files_, {});
  spec_ = std::move(spec);
  if (!spec_.hosts.empty()) follow(spec_.hosts, std::nullopt, before);
  for (const LocalSpec::List& list : spec_.blocklists) follow(list.file, list, before);
  static_cast<void>(read_network());
  make();
}

void LocalFiles::follow(const std::filesystem::path& path,
                        const std::optional<LocalSpec::List>& list, const Files& before) {
  files_.push_back(std::make_unique<File>());
  File& file = *files_.back();
  file.list = list;
  file.status.path = path;
  if (list) file.status.list = list->name;
  const auto known = std::find_if(before.begin(), before.end(), [&](const auto& each) {
    return each->status.path == path && each->status.list == file.status.list;
  });
  if (known != before.end() && (*known)->list == list) {
    file.status = (*known)->status;
    file.hosts = (*known)->hosts;
    file.blocklist = (*known)->blocklist;
  } else if (known != before.end()) {  // to be read in another way: what it said counts no more
    file.status.reads = (*known)->status.reads;
    file.status.failures = (*known)->status.failures;
  }
  const auto changed = [this, &file] {
    read(file);
    make();
  };
  // Before it is read, so that no change falls between.
  file.watcher = std::make_unique<FileWatcher>(loop_, std::vector{path}, changed, pace_);
  read(file);
}

void LocalFiles::read(File& file) const {
  LocalFile& status = file.status;
  const auto text = read_text_file(status.path, kMaxLocalFileBytes);
  if (!text) {
    ++status.failures;
    status.problem = text.error().reason;
    return;
  }
  ++status.reads;
  status.problem.clear();
  if (file.list) {
    const local::Blocklist::Options options{.name = file.list->name,
                                            .format = file.list->format,
                                            .action = file.list->action,
                                            .key = spec_.hash_key};
    file.blocklist = std::make_shared<const local::Blocklist>(options, text.value());
    status.names = file.blocklist->name_count();
    status.skipped = file.blocklist->skipped();
  } else {
    file.hosts = std::make_shared<const local::HostsTable>(text.value(), spec_.hash_key);
    status.names = file.hosts->name_count();
    status.skipped = file.hosts->skipped();
  }
}

/// True if something is not as it was.
bool LocalFiles::read_network() {
  auto network = read_host_network().value_or(network_);
  auto name = host_name();
  if (network == network_ && name == host_name_) return false;
  network_ = std::move(network);
  host_name_ = std::move(name);
  return true;
}

void LocalFiles::refresh_network() {
  if (read_network()) make();
}

void LocalFiles::make() const {
  local::Parts parts{.hash_key = spec_.hash_key,
                     .records = spec_.records,
                     .hosts = nullptr,
                     .own_names = {},
                     .blocklists = {},
                     .special_use = spec_.special_use};
  if (spec_.names_itself) parts.own_names = own_names_of(host_name_, network_);
  LocalReading reading{.names = nullptr, .network = network_, .files = {}};
  for (const auto& file : files_) {
    if (file->hosts) parts.hosts = file->hosts;
    if (file->blocklist) parts.blocklists.push_back(file->blocklist);
    reading.files.push_back(file->status);
  }
  reading.names = std::make_shared<const local::LocalNames>(std::move(parts));
  made_(std::make_shared<const LocalReading>(std::move(reading)));
}

}  // namespace sluice::net
