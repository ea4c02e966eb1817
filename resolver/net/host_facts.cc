#include "resolver/net/host_facts.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "conf/audit.h"
#include "resolver/net/interfaces.h"
#include "resolver/net/resolv_conf.h"
#include "resolver/net/text_file.h"

namespace sluice::net {

namespace {

constexpr std::size_t kMaxBytes = 65'536;

std::string text_of(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxBytes);
  return text ? text.value() : std::string{};
}

/// The number that the text starts with, which is taken off it.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct PortRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// "32768\t60999", "9148-9150" or "8080"; nullopt if it is none of them. What was read is taken
/// off.
std::optional<PortRange> take_range(std::string_view& text) {
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  if (text.empty() || (text.front() != '-' && text.front() != '\t' && text.front() != ' '))
    return PortRange{*first, *first};
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  const auto last = take_number(text);
  if (!last) return std::nullopt;
  return PortRange{*first, *last};
}

std::uint32_t ports_in(const PortRange& range) {
  return range.last < range.first ? 0 : range.last - range.first + 1;
}

/// Ports of the range that are not reserved: "8080,9148-9150", in ascending order.
std::optional<std::uint32_t> count_ports(std::string_view range_text, std::string_view reserved) {
  const auto range = take_range(range_text);
  if (!range) return std::nullopt;
  std::uint32_t ports = ports_in(*range);
  while (const auto taken = take_range(reserved)) {
    const PortRange common{std::max(taken->first, range->first),
                           std::min(taken->last, range->last)};
    ports -= std::min(ports, ports_in(common));
    if (!reserved.starts_with(',')) break;
    reserved.remove_prefix(1);
  }
  return ports;
}

conf::Platform platform_of(const std::filesystem::path& dmi) {
  for (const char* file : {"sys_vendor", "board_vendor"})
    if (text_of(dmi / file).starts_with("Amazon EC2")) return conf::Platform::ec2;
  return conf::Platform::unknown;
}

/// The hard limit, which the daemon raises its own to.
std::optional<std::uint64_t> max_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_max;
}

}  // namespace

conf::HostFacts read_host_facts(std::span<const Endpoint> own, const HostPaths& paths) {
  conf::HostFacts facts;
  const std::string text = read_resolv_conf(paths.resolv_conf);
  std::vector<Endpoint> servers = parse_resolv_conf(text);
  servers.resize(std::min(servers.size(), conf::kStubServers));
  facts.asks_others = without_own(servers, own, own_addresses());
  facts.asks_us = facts.asks_others.size() < servers.size();
  facts.stub = parse_stub_options(text);
  facts.platform = platform_of(paths.dmi);
  facts.ports = count_ports(text_of(paths.ipv4 / "ip_local_port_range"),
                            text_of(paths.ipv4 / "ip_local_reserved_ports"));
  facts.open_files = max_open_files();
  return facts;
}

}  // namespace sluice::net
