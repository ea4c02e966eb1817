#include "resolver/net/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "resolver/dns/presentation.h"

namespace sluice::net {

namespace {

constexpr std::size_t kZonesShown = 8;
/// Whose part is smaller is not worth naming as the cause.
constexpr double kNotable = 0.3;

double share(std::uint64_t part, std::uint64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.0f} %", 100 * share(part, whole));
}

}  // namespace

std::string Evidence::servers_of(const std::string& upstream) const {
  std::vector<std::string> servers;
  for (const EngineSnapshot::Server& server : snapshot_.servers) {
    std::string text = server.address.address.to_string();
    if (server.upstream == upstream &&
        std::find(servers.begin(), servers.end(), text) == servers.end())
      servers.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(servers, ", "));
}

std::string Evidence::first_server_of(const std::string& upstream) const {
  for (const EngineSnapshot::Server& server : snapshot_.servers) {
    const Endpoint& address = server.address;
    if (server.upstream == upstream)
      return address.port == dns::kPort
                 ? address.address.to_string()
                 : fmt::format("{} -p {}", address.address.to_string(), address.port);
  }
  return "SERVER";
}

std::string Evidence::zones_sentence(const std::string& upstream) const {
  std::vector<std::string> zones;
  for (const EngineSnapshot::Server& server : snapshot_.servers)
    if (server.upstream == upstream && server.sent > 0)
      zones.push_back(fmt::format(
          "{} for {}",
          server.answered == 0 ? "no answer yet"
                               : fmt::format("{} ms", server.srtt / std::chrono::milliseconds{1}),
          server.zone));
  if (zones.size() < 2 || zones.size() > kZonesShown) return "";
  return fmt::format("round trips by zone: {}", fmt::join(zones, ", "));
}

std::string Evidence::spender_name() const {
  const auto& top = snapshot_.top_minute;
  if (top.accounts.empty() || share(top.accounts.front().spent.packets, top.packets) < kNotable)
    return "";
  return describe_(top.accounts.front().spender).client;
}

std::string Evidence::spender_sentence() const {
  const std::string who = spender_name();
  if (who.empty()) return "";
  const auto& top = snapshot_.top_minute;
  const auto& row = top.accounts.front();
  return fmt::format(
      "{} has spent {} of the last minute's {} packets, on {} questions below {}; {} "
      "of its tries failed",
      who, percent(row.spent.packets, top.packets), top.packets, dns::to_string(row.type),
      row.suffix, row.spent.failures);
}

/// Null if nobody stands out.
const EngineSnapshot::Account* Evidence::most_failed() const {
  const EngineSnapshot::Account* most = nullptr;
  std::uint64_t all = 0;
  for (const EngineSnapshot::Account& account : snapshot_.top_minute.accounts) {
    all += account.spent.failures;
    if (most == nullptr || account.spent.failures > most->spent.failures) most = &account;
  }
  if (all == 0 || share(most->spent.failures, all) < kNotable) return nullptr;
  return most;
}

std::string Evidence::most_failed_name() const {
  const EngineSnapshot::Account* account = most_failed();
  return account == nullptr ? "" : describe_(account->spender).client;
}

std::string Evidence::most_failed_sentence() const {
  const EngineSnapshot::Account* account = most_failed();
  if (account == nullptr) return "";
  return fmt::format(
      "most of what failed in the last minute was asked by {}: {} tries, on {} questions below {}",
      describe_(account->spender).client, account->spent.failures, dns::to_string(account->type),
      account->suffix);
}

std::string Evidence::failing_sentence() const {
  if (snapshot_.failing.empty()) return "";
  const EngineSnapshot::Failing& failing = snapshot_.failing.front();
  return fmt::format(
      "names below {} fail: {} of {} tries in the last {} s; {}", failing.suffix, failing.failures,
      failing.requests, std::chrono::duration_cast<std::chrono::seconds>(failing.age).count(),
      snapshot_.failing.size() == 1
          ? "no other subtree does"
          : fmt::format("so do those of {} other subtrees", snapshot_.failing.size() - 1));
}

}  // namespace sluice::net
