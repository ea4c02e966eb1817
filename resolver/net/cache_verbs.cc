#include "resolver/net/cache_verbs.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"

namespace sluice::net {

namespace {

using cache::EntryView;
using nlohmann::json;
using Fate = cache::ResponseCache::Fate;

/// What is kept of an entry until its shard is unlocked again: words take time.
struct Copy {
  explicit Copy(const EntryView& entry)
      : key{entry.key}, age{entry.age}, ttl{entry.ttl}, octets{entry.octets} {
    if (const auto header = dns::Header::read(entry.message)) rcode = header->rcode();
  }

  dns::LookupKey key;
  Duration age;
  std::chrono::seconds ttl;
  std::size_t octets;
  std::uint16_t rcode = 0;
  std::vector<std::byte> message{};  // of show only
};

json to_json(const Copy& entry) {
  const dns::Question& question = entry.key.question;
  json row = {{"name", dns::to_string(question.name)},
              {"type", dns::to_string(question.type)},
              {"class", dns::to_string(question.klass)},
              {"dnssec_ok", entry.key.dnssec_ok},
              {"checking_disabled", entry.key.checking_disabled},
              {"state", entry.age < entry.ttl ? "fresh" : "stale"},
              {"age_seconds", std::chrono::duration<double>{entry.age}.count()},
              {"ttl_seconds", entry.ttl.count()},
              {"rcode", dns::to_string(static_cast<dns::Rcode>(entry.rcode))},
              {"octets", entry.octets}};
  if (!entry.message.empty()) row["records"] = dns::record_lines(entry.message);
  return row;
}

}  // namespace

struct CacheVerbs::Run {
  Action action;
  dns::Name name;
  Done done;
  cache::ResponseCache::Sweep at{};
  std::vector<Copy> copies{};  // of this step
  json entries = json::array();
  std::uint64_t total = 0;  // entries that were meant, listed or not
};

void CacheVerbs::run(Action action, const dns::Name& name, Done done) {
  if (runs_ == kMaxRuns) return done({{"error", "others are going through the cache; try again"}});
  ++runs_;
  step(std::make_shared<Run>(Run{action, name, std::move(done)}));
}

void CacheVerbs::step(const std::shared_ptr<Run>& run) {
  const auto visit_entry = [&run](const EntryView& entry) { return visit(*run, entry); };
  const bool has_more = cache_.sweep(run->at, Clock::now(), visit_entry);
  for (const Copy& copy : std::exchange(run->copies, {})) run->entries.push_back(to_json(copy));
  if (has_more) {
    boost::asio::post(loop_, [this, run, alive = std::weak_ptr{is_alive_}] {
      if (!alive.expired()) step(run);
    });
    return;
  }
  --runs_;
  const bool is_list = run->action == Action::show || run->action == Action::dump;
  if (!is_list) return run->done({{"flushed", run->total}});
  const bool is_cut = run->entries.size() < run->total;
  run->done({{"entries", std::move(run->entries)}, {"cut", is_cut}, {"total", run->total}});
}

Fate CacheVerbs::visit(Run& run, const EntryView& entry) {
  const dns::Name& name = entry.key.question.name;
  switch (run.action) {
    case Action::show:
      if (!(name == run.name) || !entry.is_usable) return Fate::keep;
      break;
    case Action::dump:
      if (!entry.is_usable) return Fate::keep;
      break;
    case Action::flush:
      if (!(name == run.name)) return Fate::keep;
      break;
    case Action::flush_tree:
      if (!name.is_at_or_below(run.name)) return Fate::keep;
      break;
    case Action::flush_all:
      break;
  }
  ++run.total;
  if (run.action != Action::show && run.action != Action::dump) return Fate::remove;
  if (run.entries.size() + run.copies.size() == kMaxListed) return Fate::keep;
  Copy& copy = run.copies.emplace_back(entry);
  if (run.action == Action::show) copy.message.assign(entry.message.begin(), entry.message.end());
  return Fate::keep;
}

}  // namespace sluice::net
