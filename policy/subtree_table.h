#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/dns/name.h"

namespace sluice::policy {

/// Which subtrees of the name space fail far more than they succeed, found at the depth that the
/// failures share: a domain, or one /24 of a reverse zone while its siblings are well.
///
/// Judges by outcomes alone, never by questions still open: what is slow but succeeds is well. The
/// probability is that of adaptive throttling (*Site Reliability Engineering*, chapter 21), with
/// kAccepts = 2: 0 while half succeed, near 1 when nothing does. It refuses nothing; the caller
/// decides what the verdict costs a question.
///
/// How blame finds its depth. A node is a suffix longer than the rule's and shorter than a queried
/// name; its children are those one label longer, the queried names among them. Outcomes climb
/// from the deepest node of a name towards the rule, but of each child a node weighs at most kVotes
/// in a window. So one broken child, however loud, convicts nobody but itself, and a new sibling
/// keeps its service; children that fail by the dozen convict the parent, and then a child never
/// seen before counts as failing. Conviction takes failures that outnumber successes by kCertainty
/// standard deviations of chance: more than 16 where nothing succeeds. Below a failing node, a
/// child that mostly succeeds exempts its own names; from then on it has no voice about its
/// siblings.
///
/// How it lets go. kRecovery successes in a row, one in each kNotice of a child that has a node or
/// has just been given one, acquit a node, and all below that have not failed since. Successes that
/// have caught up with the failures acquit it, too, and so does silence, when less than one outcome
/// is left of the window. The window is exponential, of time constant kWindow.
///
/// The tree grows only where failures are, one level at a time; below a failing node by at most
/// one node each kGrowth for either outcome: there only exceptions are of interest.
///
/// Thread-confined to the engine. Bound: `capacity` nodes, rounded up to whole sets of kWays; in a
/// full set the node with least traffic in the window makes room. Never allocates after
/// construction, but for failing(). `now` never goes backwards.
class SubtreeTable {
 public:
  enum class Outcome : std::uint8_t {
    succeeded,  ///< an answer: NOERROR or NXDOMAIN
    failed,     ///< SERVFAIL, REFUSED or the like, or a time-out
  };

  struct Verdict {
    double probability = 0;   ///< below 1; 0: well, or not known to be otherwise
    std::uint8_t labels = 0;  ///< of the failing suffix; 0: none
    std::uint64_t id = 0;     ///< stands for that suffix, for as long as the table lives
  };

  /// A failing subtree, for people to read.
  struct Failing {
    dns::Name suffix;
    double probability = 0;
    std::uint64_t requests = 0;  ///< outcomes below the suffix since it was convicted
    std::uint64_t failures = 0;  ///< of these
    TimePoint since{};
  };

  static constexpr Duration kWindow = std::chrono::seconds{10};
  static constexpr double kAccepts = 2;
  static constexpr double kCertainty = 4;
  /// Outcomes of one child that its parent weighs in a window: six failing children convict.
  static constexpr double kVotes = 3;
  static constexpr std::uint32_t kRecovery = 8;
  /// How often an outcome of one child may continue or end its parent's row of successes.
  static constexpr Duration kNotice = std::chrono::seconds{1};
  /// What must be left of its successes for a child to be exempt: one lasts for 7 s.
  static constexpr double kExempting = 0.5;
  static constexpr Duration kGrowth = std::chrono::milliseconds{50};
  /// Labels looked at below the rule's suffix: enough for each /64 of ip6.arpa under the root.
  static constexpr std::size_t kMaxDepth = 18;
  static constexpr std::size_t kWays = 8;

  SubtreeTable(std::size_t capacity, HashKey hash_key);

  /// Takes in one exchange's outcome for `name`, which falls under a rule whose suffix has
  /// `rule_labels` labels.
  void record(const dns::Name& name, std::size_t rule_labels, Outcome outcome,
              TimePoint now) noexcept;
  /// The largest failing subtree that holds `name`, or none if a part of it that holds `name`, too,
  /// is well. Of it and its failing parts around `name`, the highest probability counts.
  [[nodiscard]] Verdict judge(const dns::Name& name, std::size_t rule_labels,
                              TimePoint now) const noexcept;

  /// The failing subtrees that lie in no larger one, those with most failures first. Allocates.
  [[nodiscard]] std::vector<Failing> failing(std::size_t at_most, TimePoint now) const;
  /// How many there are. Looks at every node: for a scrape, not for a query.
  [[nodiscard]] std::size_t failing_count(TimePoint now) const noexcept;

  /// Nodes held. One whose outcomes have faded stays until its place is needed.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Nodes that made room before they had faded.
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  using Index = std::uint32_t;

  /// Counts that fade with time.
  struct Tally {
    double traffic = 0;    // outcomes of all names below
    double votes = 0;      // of these, weighed by the parent
    double failures = 0;   // weighed
    double successes = 0;  // weighed
    TimePoint as_of{};

    [[nodiscard]] Tally at(TimePoint now) const noexcept;
    [[nodiscard]] double outcomes() const noexcept { return failures + successes; }
  };

  /// An outcome on its way up, and what it still is to the node that it has come to.
  struct Report {
    Outcome outcome;
    bool is_weighed = true;  // it counts
    bool is_noticed = true;  // it continues or ends a row of successes
  };

  struct Node {
    dns::Name suffix;
    std::uint8_t rule_labels = 0;
    Tally tally;
    std::uint32_t successes_in_a_row = 0;
    TimePoint failing_since = kNever;     // kNever: not convicted
    TimePoint last_failure{};             // weighed or noticed
    TimePoint recovered_at{};             // by kRecovery
    TimePoint noticed_at{};               // by the parent
    std::array<TimePoint, 2> grows_at{};  // by outcome: when another node may be added below
    std::uint64_t requests_since = 0;     // outcomes, since failing_since
    std::uint64_t failures_since = 0;     // of these

    /// `amnesty`: when the last of its ancestors to recover did so.
    [[nodiscard]] bool is_failing(TimePoint amnesty, TimePoint now) const noexcept;
    [[nodiscard]] bool is_convicted() const noexcept { return failing_since != kNever; }
    [[nodiscard]] bool is_exempt(TimePoint now) const noexcept;
    [[nodiscard]] double probability(TimePoint now) const noexcept;

    void settle(TimePoint amnesty, TimePoint now) noexcept;
    void count(Outcome outcome) noexcept;
    void hear(Report report, TimePoint now) noexcept;
    /// What the report is to the parent, who is not to hear one child too often.
    Report pass_on(Report report, TimePoint now) noexcept;

   private:
    void acquit() noexcept;
  };

  /// The nodes of a name, from below the rule downwards, up to the first that is missing.
  struct Path {
    std::array<Index, kMaxDepth> nodes{};
    std::size_t size = 0;
    [[nodiscard]] std::span<const Index> span() const noexcept { return {nodes.data(), size}; }
  };

  [[nodiscard]] std::uint64_t tag_of(std::span<const std::byte> suffix) const noexcept;
  [[nodiscard]] std::size_t first_of_set(std::uint64_t tag) const noexcept;
  [[nodiscard]] std::optional<Index> find(std::span<const std::byte> suffix) const noexcept;
  [[nodiscard]] Path find_path(const dns::Name& name, std::size_t rule_labels,
                               std::size_t last_labels) const noexcept;
  [[nodiscard]] Verdict judge_path(const Path& path, TimePoint now) const noexcept;
  [[nodiscard]] bool is_outermost(Index index, TimePoint now) const noexcept;
  [[nodiscard]] Node* settle(const Path& path, TimePoint now) noexcept;
  [[nodiscard]] static bool may_grow(Node* guilty, Outcome outcome, TimePoint now) noexcept;
  void climb(const Path& path, std::size_t hearing, Report report, TimePoint now) noexcept;
  Node& add(std::span<const std::byte> suffix, TimePoint now) noexcept;

  HashKey hash_key_;
  std::vector<std::uint64_t> tags_;  // of nodes_, apart so that a set's lie side by side; 0: empty
  std::vector<Node> nodes_;
  std::size_t size_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace sluice::policy
