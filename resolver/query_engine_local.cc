// What is answered without any upstream: names that never leave the host, and search lists gone
// astray. Also what such a change of mind means for what is stored.
#include "resolver/answer_path.h"
#include "resolver/local/local_names.h"
#include "resolver/local/search_storm.h"
#include "resolver/query_engine.h"
#include "resolver/replies.h"
#include "resolver/reply_text.h"

namespace sluice {

namespace {

using metrics::ProcessMetric;
using metrics::ZoneMetric;

/// Between two steps of a sweep through the cache: the engine has other work, too.
constexpr Duration kSweepPause = std::chrono::milliseconds{1};

ProcessMetric metric_of(local::Source source) noexcept {
  switch (source) {
    case local::Source::record:
      return ProcessMetric::local_record;
    case local::Source::hosts:
      return ProcessMetric::local_hosts;
    case local::Source::own_name:
      return ProcessMetric::local_own_name;
    case local::Source::blocklist:
      return ProcessMetric::local_blocked;
    case local::Source::special_use:
      return ProcessMetric::local_special_use;
  }
  return ProcessMetric::local_record;
}

/// "www.example.com" with a search suffix behind it (conf::Zone::search_tlds).
bool is_astray(const dns::Name& name, const Rule& rule) noexcept {
  return local::is_public_name_below(name, rule.labels, rule.search_tlds);
}

}  // namespace

void QueryEngine::use_local_names(std::shared_ptr<const local::LocalNames> names, TimePoint now) {
  local_names_ = std::move(names);
  start_sweep(now);
}

local::Covering QueryEngine::covering_of(std::optional<RuleIndex> index) const noexcept {
  if (!index) return {};
  const Rule& rule = routing_.rule(*index);
  return {.rule_labels = rule.labels, .may_serve_private = rule.may_serve_private};
}

bool QueryEngine::answer_locally(const ClientRef& client, const dns::Query& query,
                                 std::optional<RuleIndex> index, ActionList& out) {
  const auto reply = [&](std::size_t size, const std::optional<dns::Ede>& ede) {
    out.comes_from(ReplySource::local);
    reply_with_response(client, shape_for(client, query), {stored_message_.data(), size}, ede, out);
  };
  if (local_names_) {
    const auto answer = local_names_->answer(query.question, covering_of(index), stored_message_);
    if (answer) {
      counters_.add(metric_of(answer->source));
      reply(answer->size, answer->ede);
      return true;
    }
  }
  if (!index || !is_astray(query.question.name, routing_.rule(*index))) return false;
  const Rule& rule = routing_.rule(*index);
  rule.counters->add(ZoneMetric::search_suffixes);
  const ReplyText text{"a public name with the search suffix %s behind it", rule.zone.c_str()};
  reply(local::write_nxdomain(stored_message_, query.question, rule.labels),
        dns::Ede{dns::EdeCode::blocked, text.view()});
  return true;
}

bool QueryEngine::is_answered_here(const dns::Question& question,
                                   std::optional<RuleIndex> index) const noexcept {
  if (local_names_ && local_names_->covers(question, covering_of(index))) return true;
  return index && is_astray(question.name, routing_.rule(*index));
}

/// What is stored and would not be stored now has to go: a hit asks nobody.
void QueryEngine::start_sweep(TimePoint now) noexcept {
  if (cache_.stats().entries == 0) return;
  sweep_ = {};
  sweep_due_ = now;
}

void QueryEngine::sweep_further(TimePoint now) {
  using Fate = cache::ResponseCache::Fate;
  const auto keep_or_remove = [this](const cache::EntryView& entry) {
    const auto index = routing_.find(entry.key.question.name);
    const bool is_unwanted = is_answered_here(entry.key.question, index) ||
                             (index && routing_.rule(*index).forgets_stored);
    return is_unwanted ? Fate::remove : Fate::keep;
  };
  sweep_due_ = cache_.sweep(sweep_, now, keep_or_remove) ? now + kSweepPause : kNever;
  if (sweep_due_ == kNever) routing_.has_forgotten();
}

}  // namespace sluice
