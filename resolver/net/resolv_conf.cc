#include "resolver/net/resolv_conf.h"

#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "resolver/dns/constants.h"
#include "resolver/dns/presentation.h"
#include "resolver/net/interfaces.h"

namespace sluice::net {

namespace {

// A resolv.conf is a few lines; whatever a larger file is, it is none.
constexpr std::size_t kMaxFileSize = 65'536;

std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

std::optional<Address> parse_server(std::string_view text) {
  if (const auto address = Address::parse(text)) return address;
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos) return std::nullopt;
  auto address = Address::parse(text.substr(0, percent));
  const unsigned scope = ::if_nametoindex(std::string{text.substr(percent + 1)}.c_str());
  if (!address || address->family != Address::Family::ipv6 || scope == 0) return std::nullopt;
  address->scope = scope;
  return address;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// The most that glibc takes (RES_MAXRETRANS, RES_MAXRETRY, RES_MAXNDOTS).
constexpr std::uint32_t kMaxTimeout = 30;
constexpr std::uint32_t kMaxAttempts = 5;
constexpr std::uint32_t kMaxNdots = 15;

/// The number behind `key` if the word is that; between `least` and `most`.
std::optional<std::uint32_t> number_of(std::string_view word, std::string_view key,
                                       std::uint32_t least, std::uint32_t most) {
  if (!word.starts_with(key)) return std::nullopt;
  word.remove_prefix(key.size());
  std::uint32_t number = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (ec == std::errc::result_out_of_range) return most;
  return std::clamp(number, least, most);
}

std::vector<dns::Name> take_search_list(std::string_view line) {
  std::vector<dns::Name> suffixes;
  for (std::string_view word = take_word(line);
       !word.empty() && suffixes.size() < kMaxSearchSuffixes; word = take_word(line))
    if (const auto name = dns::parse_name(word); name && !name->is_root())
      suffixes.push_back(*name);
  return suffixes;
}

bool listens_at(const Endpoint& own, const Endpoint& server, std::span<const Address> host) {
  if (own.port != server.port) return false;
  if (own.address == server.address) return true;
  if (!own.address.is_unspecified()) return false;
  // A query to the wildcard address or any loopback address reaches this host, too.
  return server.address.is_loopback() || server.address.is_unspecified() ||
         std::find(host.begin(), host.end(), server.address) != host.end();
}

}  // namespace

std::vector<Endpoint> parse_resolv_conf(std::string_view text) {
  std::vector<Endpoint> servers;
  while (!text.empty() && servers.size() < kMaxSystemServers) {
    std::string_view line = take_line(text);
    if (take_word(line) != "nameserver") continue;
    const auto address = parse_server(take_word(line));
    if (!address) continue;
    const Endpoint server{*address, dns::kPort};
    if (std::find(servers.begin(), servers.end(), server) == servers.end())
      servers.push_back(server);
  }
  return servers;
}

conf::StubOptions parse_stub_options(std::string_view text) {
  conf::StubOptions options;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view keyword = take_word(line);
    if (keyword == "search" || keyword == "domain") options.search = take_search_list(line);
    if (keyword != "options") continue;
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      if (const auto timeout = number_of(word, "timeout:", 1, kMaxTimeout))
        options.timeout = std::chrono::seconds{*timeout};
      options.attempts = number_of(word, "attempts:", 1, kMaxAttempts).value_or(options.attempts);
      options.ndots = number_of(word, "ndots:", 0, kMaxNdots).value_or(options.ndots);
    }
  }
  return options;
}

std::string read_resolv_conf(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(kMaxFileSize, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<Endpoint> system_servers(const SystemServersSource& source) {
  const std::vector<Address> host = own_addresses();
  for (const auto& path : source.files) {
    auto servers = without_own(parse_resolv_conf(read_resolv_conf(path)), source.own, host);
    if (!servers.empty()) return servers;
  }
  return {};
}

std::vector<Endpoint> without_own(std::vector<Endpoint> servers, std::span<const Endpoint> own,
                                  std::span<const Address> host) {
  const auto is_own = [&](const Endpoint& server) {
    return std::any_of(own.begin(), own.end(),
                       [&](const Endpoint& listen) { return listens_at(listen, server, host); });
  };
  servers.erase(std::remove_if(servers.begin(), servers.end(), is_own), servers.end());
  return servers;
}

}  // namespace sluice::net
