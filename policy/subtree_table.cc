#include "policy/subtree_table.h"

#include <algorithm>
#include <cmath>

#include "resolver/base/assert.h"

namespace sluice::policy {

namespace {

/// A node with less than this is past: no more than the trace of one outcome.
constexpr double kFaded = 0.5;
/// A conviction lasts for as long as this much of what it rests on is in the window.
constexpr double kLeastEvidence = 1;

}  // namespace

SubtreeTable::Tally SubtreeTable::Tally::at(TimePoint now) const noexcept {
  if (now <= as_of) return *this;
  using Seconds = std::chrono::duration<double>;
  const double left = std::exp(-(Seconds{now - as_of} / Seconds{kWindow}));
  return {.traffic = traffic * left,
          .votes = votes * left,
          .failures = failures * left,
          .successes = successes * left,
          .as_of = now};
}

bool SubtreeTable::Node::is_failing(TimePoint amnesty, TimePoint now) const noexcept {
  return is_convicted() && last_failure > amnesty && tally.at(now).outcomes() >= kLeastEvidence;
}

bool SubtreeTable::Node::is_exempt(TimePoint now) const noexcept {
  return tally.successes >= tally.failures && tally.at(now).successes >= kExempting;
}

double SubtreeTable::Node::probability(TimePoint now) const noexcept {
  const Tally current = tally.at(now);
  const double requests = current.outcomes();
  return std::max(0.0, (requests - kAccepts * current.successes) / (requests + 1));
}

/// Brings the tally up to date, and the conviction with it.
void SubtreeTable::Node::settle(TimePoint amnesty, TimePoint now) noexcept {
  tally = tally.at(now);
  if (is_convicted() && !is_failing(amnesty, now)) acquit();
}

void SubtreeTable::Node::count(Outcome outcome) noexcept {
  tally.traffic += 1;
  ++requests_since;
  if (outcome == Outcome::failed) ++failures_since;
}

void SubtreeTable::Node::hear(Report report, TimePoint now) noexcept {
  if (report.outcome == Outcome::failed) {
    if (report.is_weighed) tally.failures += 1;
    if (report.is_noticed) successes_in_a_row = 0;
    if (report.is_weighed || report.is_noticed) last_failure = now;
    const double excess = tally.failures - tally.successes;
    if (is_convicted() || excess <= kCertainty * std::sqrt(tally.outcomes())) return;
    failing_since = now;
    successes_in_a_row = 0;
    requests_since = failures_since = 0;
    return;
  }
  if (report.is_weighed) tally.successes += 1;
  if (report.is_noticed) ++successes_in_a_row;
  if (!is_convicted()) return;
  if (successes_in_a_row >= kRecovery) {
    recovered_at = now;
    acquit();
  } else if (tally.successes >= tally.failures) {
    // The mixture is well enough, but some children may still deserve their convictions.
    failing_since = kNever;
  }
}

SubtreeTable::Report SubtreeTable::Node::pass_on(Report report, TimePoint now) noexcept {
  report.is_weighed = report.is_weighed && tally.votes + 1 <= kVotes;
  report.is_noticed = report.is_noticed && now >= noticed_at + kNotice;
  if (report.is_weighed) tally.votes += 1;
  if (report.is_noticed) noticed_at = now;
  return report;
}

/// Starts over: of the past, only the successes that ended it count.
void SubtreeTable::Node::acquit() noexcept {
  failing_since = kNever;
  tally.failures = 0;
  tally.successes = std::min<double>(tally.successes, successes_in_a_row);
}

SubtreeTable::SubtreeTable(std::size_t capacity, HashKey hash_key)
    : hash_key_{hash_key},
      tags_(std::max<std::size_t>(1, (capacity + kWays - 1) / kWays) * kWays),
      nodes_(tags_.size()) {}

void SubtreeTable::record(const dns::Name& name, std::size_t rule_labels, Outcome outcome,
                          TimePoint now) noexcept {
  const std::size_t labels = name.label_count();
  if (labels <= rule_labels) return;
  const std::size_t depth = std::min(labels - rule_labels, kMaxDepth);
  const Path path = find_path(name, rule_labels, rule_labels + depth);
  Node* const guilty = settle(path, now);
  const bool is_known = path.size == depth;
  const bool grows = !is_known && may_grow(guilty, outcome, now);

  // Successes of a child that has no node might all be one child's: they end no conviction.
  const bool is_noticed = is_known || grows || outcome == Outcome::failed;
  // A queried name is a node only so that its parent does not hear it too often.
  const std::size_t hearing = std::min(path.size, labels - rule_labels - 1);
  climb(path, hearing, {.outcome = outcome, .is_noticed = is_noticed}, now);

  if (!grows) return;
  // The new node may take a place in the path, which is of no use from here on.
  const std::size_t new_labels = rule_labels + path.size + 1;
  Node& node = add(name.suffix(new_labels), now);
  node.rule_labels = static_cast<std::uint8_t>(rule_labels);
  node.count(outcome);
  if (new_labels < labels) node.hear({.outcome = outcome}, now);
  node.pass_on({.outcome = outcome}, now);  // the parent has heard it already
}

SubtreeTable::Verdict SubtreeTable::judge(const dns::Name& name, std::size_t rule_labels,
                                          TimePoint now) const noexcept {
  const std::size_t labels = name.label_count();
  if (labels <= rule_labels + 1) return {};
  return judge_path(find_path(name, rule_labels, std::min(labels - 1, rule_labels + kMaxDepth)),
                    now);
}

SubtreeTable::Verdict SubtreeTable::judge_path(const Path& path, TimePoint now) const noexcept {
  Verdict verdict;
  TimePoint amnesty{};
  for (const Index index : path.span()) {
    const Node& node = nodes_[index];
    if (node.is_failing(amnesty, now)) {
      if (verdict.labels == 0) {
        verdict.labels = static_cast<std::uint8_t>(node.suffix.label_count());
        verdict.id = tags_[index];
      }
      verdict.probability = std::max(verdict.probability, node.probability(now));
    } else if (node.is_exempt(now)) {
      verdict = {};
    }
    amnesty = std::max(amnesty, node.recovered_at);
  }
  return verdict;
}

std::vector<SubtreeTable::Failing> SubtreeTable::failing(std::size_t at_most, TimePoint now) const {
  std::vector<Failing> all;
  for (Index i = 0; i < nodes_.size(); ++i) {
    if (!is_outermost(i, now)) continue;
    const Node& node = nodes_[i];
    all.push_back({.suffix = node.suffix,
                   .probability = node.probability(now),
                   .requests = node.requests_since,
                   .failures = node.failures_since,
                   .since = node.failing_since});
  }
  std::ranges::sort(all, std::ranges::greater{}, &Failing::failures);
  if (all.size() > at_most) all.resize(at_most);
  return all;
}

std::size_t SubtreeTable::failing_count(TimePoint now) const noexcept {
  std::size_t count = 0;
  for (Index i = 0; i < nodes_.size(); ++i) count += is_outermost(i, now) ? 1U : 0U;
  return count;
}

/// Whether the node fails and is what a verdict about a name in it would show.
bool SubtreeTable::is_outermost(Index index, TimePoint now) const noexcept {
  const Node& node = nodes_[index];
  if (!node.is_convicted()) return false;
  const Path path = find_path(node.suffix, node.rule_labels, node.suffix.label_count());
  return judge_path(path, now).id == tags_[index];
}

/// Settles all nodes of `path`; returns the failing one that answers for what is below the path.
SubtreeTable::Node* SubtreeTable::settle(const Path& path, TimePoint now) noexcept {
  Node* guilty = nullptr;
  TimePoint amnesty{};
  for (const Index index : path.span()) {
    Node& node = nodes_[index];
    node.settle(amnesty, now);
    if (node.is_convicted()) {
      if (guilty == nullptr) guilty = &node;
    } else if (node.is_exempt(now)) {
      guilty = nullptr;
    }
    amnesty = std::max(amnesty, node.recovered_at);
  }
  return guilty;
}

/// Whether an outcome below the failing node `guilty`, or below none, is worth a new node.
bool SubtreeTable::may_grow(Node* guilty, Outcome outcome, TimePoint now) noexcept {
  if (guilty == nullptr) return outcome == Outcome::failed;
  TimePoint& grows_at = guilty->grows_at[static_cast<std::size_t>(outcome)];
  if (now < grows_at) return false;
  grows_at = now + kGrowth;
  return true;
}

/// Lets `report` climb `path` from its end. Only the first `hearing` nodes hear it.
void SubtreeTable::climb(const Path& path, std::size_t hearing, Report report,
                         TimePoint now) noexcept {
  for (std::size_t i = path.size; i-- > 0;) {
    Node& node = nodes_[path.nodes[i]];
    const bool parent_fails = i > 0 && nodes_[path.nodes[i - 1]].is_convicted();
    // Who is exempt tells nothing about those who are not.
    const bool is_silent = parent_fails && !node.is_convicted() && node.is_exempt(now);
    node.count(report.outcome);
    if (i < hearing) node.hear(report, now);
    if (is_silent) {
      report.is_weighed = report.is_noticed = false;
    } else {
      report = node.pass_on(report, now);
    }
  }
}

std::uint64_t SubtreeTable::tag_of(std::span<const std::byte> suffix) const noexcept {
  SipHasher hasher{hash_key_};
  hasher.add(suffix);
  return std::max<std::uint64_t>(hasher.finish(), 1);
}

std::size_t SubtreeTable::first_of_set(std::uint64_t tag) const noexcept {
  return tag % (tags_.size() / kWays) * kWays;
}

std::optional<SubtreeTable::Index> SubtreeTable::find(
    std::span<const std::byte> suffix) const noexcept {
  const std::uint64_t tag = tag_of(suffix);
  const std::size_t first = first_of_set(tag);
  for (std::size_t i = first; i < first + kWays; ++i) {
    if (tags_[i] == tag && std::ranges::equal(nodes_[i].suffix.wire(), suffix))
      return static_cast<Index>(i);
  }
  return std::nullopt;
}

SubtreeTable::Path SubtreeTable::find_path(const dns::Name& name, std::size_t rule_labels,
                                           std::size_t last_labels) const noexcept {
  Path path;
  for (std::size_t labels = rule_labels + 1; labels <= last_labels; ++labels) {
    const std::optional<Index> index = find(name.suffix(labels));
    if (!index) break;
    path.nodes[path.size++] = *index;
  }
  return path;
}

/// A new node, in the place of the one in its set that the window holds least of.
SubtreeTable::Node& SubtreeTable::add(std::span<const std::byte> suffix, TimePoint now) noexcept {
  const std::uint64_t tag = tag_of(suffix);
  const std::size_t first = first_of_set(tag);
  std::size_t place = first;
  double least = nodes_[first].tally.at(now).traffic;
  for (std::size_t i = first + 1; i < first + kWays; ++i) {
    const double traffic = nodes_[i].tally.at(now).traffic;  // 0 of an empty place
    if (traffic >= least) continue;
    least = traffic;
    place = i;
  }
  if (tags_[place] == 0) ++size_;
  if (least >= kFaded) ++evictions_;
  std::size_t offset = 0;
  tags_[place] = tag;
  nodes_[place] = Node{};
  const std::optional<dns::Name> read = dns::Name::read(suffix, offset);
  SLUICE_ASSERT(read);  // a suffix of a name is a name
  nodes_[place].suffix = *read;
  nodes_[place].tally.as_of = now;
  return nodes_[place];
}

}  // namespace sluice::policy
