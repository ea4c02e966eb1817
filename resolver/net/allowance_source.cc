#include "resolver/net/allowance_source.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "conf/config.h"

namespace sluice::net {

namespace {

// Drivers with a queue for each of 128 processors have some thousand counters. More is no driver.
constexpr std::uint32_t kMostCounters = 65'536;

/// A request of SIOCETHTOOL: a header and the room behind it that the kernel fills.
template <typename Header>
class Request {
 public:
  Request(std::uint32_t command, std::size_t room) : words_((sizeof(Header) + room + 7) / 8) {
    header().cmd = command;
  }
  Header& header() { return *reinterpret_cast<Header*>(words_.data()); }
  [[nodiscard]] const std::byte* behind() const {
    return reinterpret_cast<const std::byte*>(words_.data()) + sizeof(Header);
  }
  bool ask(int socket, const std::string& interface) {
    ifreq request{};
    if (interface.size() >= sizeof request.ifr_name) return false;
    std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
    request.ifr_data = reinterpret_cast<char*>(words_.data());
    return ::ioctl(socket, SIOCETHTOOL, &request) == 0;
  }

 private:
  std::vector<std::uint64_t> words_;  // aligned for every header
};

}  // namespace

std::unique_ptr<AllowanceSource> make_allowance_source(const std::string& setting) {
  if (setting.empty()) return nullptr;
  if (setting == conf::kFromDriver) return std::make_unique<EthtoolAllowanceSource>();
  return std::make_unique<FileAllowanceSource>(setting);
}

EthtoolAllowanceSource::Names EthtoolAllowanceSource::ena_names() {
  return {"linklocal_allowance_exceeded", "bw_in_allowance_exceeded", "bw_out_allowance_exceeded",
          "pps_allowance_exceeded", "conntrack_allowance_exceeded"};
}

EthtoolAllowanceSource::EthtoolAllowanceSource(Names names)
    : names_{std::move(names)}, socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {}

std::optional<std::uint64_t> EthtoolAllowanceSource::read(
    const std::vector<std::string>& interfaces) {
  std::map<std::string, Place> places;
  Counts totals;
  for (const std::string& interface : interfaces) {
    Place& place = places[interface] = places_[interface];
    const Counts counts = read_one(interface, place);
    for (std::size_t i = 0; i < totals.size(); ++i)
      if (counts[i]) totals[i] = totals[i].value_or(0) + *counts[i];
  }
  places_ = std::move(places);
  std::copy(totals.begin() + 1, totals.end(), others_.begin());
  return totals[0];
}

EthtoolAllowanceSource::Counts EthtoolAllowanceSource::read_one(const std::string& interface,
                                                                Place& place) {
  Counts counts;
  const auto size = count(interface);
  if (!size) return counts;
  if (place.size != *size) place = find(interface, *size);
  if (std::none_of(place.indexes.begin(), place.indexes.end(),
                   [](const auto& index) { return index.has_value(); }))
    return counts;

  Request<ethtool_stats> stats{ETHTOOL_GSTATS, *size * sizeof(std::uint64_t)};
  stats.header().n_stats = *size;
  if (!stats.ask(socket_.descriptor(), interface) || stats.header().n_stats != *size) {
    place = {};  // it changed in between
    return counts;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!place.indexes[i]) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, stats.behind() + *place.indexes[i] * sizeof value, sizeof value);
    counts[i] = value;
  }
  return counts;
}

/// How many counters the driver has. Their order changes with it, and with nothing else.
std::optional<std::uint32_t> EthtoolAllowanceSource::count(const std::string& interface) const {
  Request<ethtool_sset_info> info{ETHTOOL_GSSET_INFO, sizeof(std::uint32_t)};
  info.header().sset_mask = std::uint64_t{1} << ETH_SS_STATS;
  if (!info.ask(socket_.descriptor(), interface) || info.header().sset_mask == 0)
    return std::nullopt;
  std::uint32_t size = 0;
  std::memcpy(&size, info.behind(), sizeof size);
  if (size == 0 || size > kMostCounters) return std::nullopt;
  return size;
}

EthtoolAllowanceSource::Place EthtoolAllowanceSource::find(const std::string& interface,
                                                           std::uint32_t size) const {
  Place place{.size = size, .indexes = {}};
  Request<ethtool_gstrings> names{ETHTOOL_GSTRINGS, std::size_t{size} * ETH_GSTRING_LEN};
  names.header().string_set = ETH_SS_STATS;
  names.header().len = size;
  if (!names.ask(socket_.descriptor(), interface)) return {};
  for (std::uint32_t i = 0; i < size; ++i) {
    const auto* text =
        reinterpret_cast<const char*>(names.behind() + std::size_t{i} * ETH_GSTRING_LEN);
    const std::string_view name{text, ::strnlen(text, ETH_GSTRING_LEN)};
    const auto wanted = std::find(names_.begin(), names_.end(), name);
    if (wanted != names_.end())
      place.indexes[static_cast<std::size_t>(wanted - names_.begin())] = i;
  }
  return place;
}

std::optional<std::uint64_t> FileAllowanceSource::read(const std::vector<std::string>&) {
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(path_, unreadable)) return std::nullopt;  // a FIFO hangs
  std::ifstream file{path_};
  std::string word;
  file >> word;
  std::uint64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, ec] = std::from_chars(word.data(), end, value);
  if (ec != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace sluice::net
