// Configuration files of any content: each is taken whole or refused with reasons that an operator
// can read, and what is taken keeps every promise that conf/README.md makes.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "conf/check.h"
#include "conf/load.h"
#include "conf/reload.h"
#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace {

using namespace sluice::conf;

constexpr const char* kFile = "fuzz.toml";

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

void check_problems(const Problems& problems, std::string_view text) {
  SLUICE_ASSERT(!problems.empty());
  const auto lines = static_cast<std::uint32_t>(1 + std::ranges::count(text, '\n'));
  std::uint32_t last = 0;
  for (const Problem& problem : problems) {
    SLUICE_ASSERT(problem.file == kFile && !problem.reason.empty());
    SLUICE_ASSERT(problem.line <= lines && problem.line >= last);
    SLUICE_ASSERT(is_one_line(problem.to_string()));
    last = problem.line;
  }
}

void check_budgets(const Config& config) {
  std::set<std::string> names;
  SLUICE_ASSERT(config.budgets.size() <= kMaxBudgets);
  for (const Budget& budget : config.budgets) {
    SLUICE_ASSERT(!budget.name.empty() && names.insert(budget.name).second);
    SLUICE_ASSERT(budget.burst >= 8 && budget.interfaces.size() <= kMaxInterfaces);
    SLUICE_ASSERT(budget.limit > std::uint64_t{budget.burst} + budget.reserve);
  }
  for (const Upstream& upstream : config.upstreams)
    SLUICE_ASSERT(upstream.budget.empty() || names.contains(upstream.budget));
}

void check_upstreams(const Config& config) {
  std::set<std::string> names;
  SLUICE_ASSERT(config.upstreams.size() <= kMaxUpstreams);
  for (const Upstream& upstream : config.upstreams) {
    SLUICE_ASSERT(!upstream.name.empty() && names.insert(upstream.name).second);
    SLUICE_ASSERT(upstream.servers.empty() == upstream.follow_system);
    SLUICE_ASSERT(upstream.servers.size() <= kMaxServers);
    for (const sluice::Endpoint& server : upstream.servers)
      SLUICE_ASSERT(server.port != 0 && std::ranges::count(config.server.listen, server) == 0);
  }
  std::set<std::string> suffixes;
  SLUICE_ASSERT(config.zones.size() <= kMaxZones);
  for (const Zone& zone : config.zones) {
    SLUICE_ASSERT(suffixes.insert(sluice::dns::to_string(zone.name)).second);
    SLUICE_ASSERT(names.contains(zone.upstream) && zone.weight > 0);
  }
}

void check_taken(const Config& config, std::string_view text) {
  SLUICE_ASSERT(check(config, Origins{}).empty());
  SLUICE_ASSERT(!config.server.listen.empty() && config.server.listen.size() <= kMaxListen);
  SLUICE_ASSERT(config.cache.min_ttl <= config.cache.max_ttl);
  check_budgets(config);
  check_upstreams(config);

  // A reload without a change is none; one with changes keeps what needs a restart.
  SLUICE_ASSERT(restart_only_changes(config, config).empty());
  SLUICE_ASSERT(keep_restart_only(config, config) == config);
  const Config mixed = keep_restart_only(Config{}, config);
  SLUICE_ASSERT(restart_only_changes(Config{}, mixed).empty());

  const auto again = load_text(std::string{text} + "\n# a comment", kFile);
  SLUICE_ASSERT(again && again.value() == config);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto loaded = load_text(text, kFile);
  if (loaded)
    check_taken(loaded.value(), text);
  else
    check_problems(loaded.error(), text);
  return 0;
}
