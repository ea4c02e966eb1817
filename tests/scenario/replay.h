#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/scenario/audit.h"
#include "tests/scenario/fault.h"
#include "tests/scenario/scenario_record.h"

namespace sluice::scenario {

/// Which exchange of a replay fails, counted from 0 in the order they start, and how.
struct Failure {
  std::size_t exchange = 0;
  Fault fault = Fault::silent;
};

/// Does to a fresh engine what a record says, in virtual time and under audit, with one exchange
/// failing. Up to that exchange the course is the recorded one; from there on the engine may ask
/// more, less and later than it did, so outcomes are matched by question and order:
///
///   - The n-th exchange for a question (and transport) gets what the n-th recorded one got: when
///     the record says, or, if that moment is past, as long after its start as then.
///   - A further exchange gets what the last one answered for that question got.
///   - Where there is nothing to get, the server is silent and the exchange expires.
///
/// At the end time passes until nothing is due.
class Replay {
 public:
  /// How long an exchange without an answer is kept open, as the shell does.
  static constexpr Duration kKeptOpen = std::chrono::seconds{10};
  /// How long after the last event something may still be due.
  static constexpr Duration kSettleTime = std::chrono::seconds{60};

  /// `record` outlives the replay.
  Replay(const ScenarioRecord& record, std::optional<Failure> failure);
  virtual ~Replay() = default;

  /// Runs the replay, once; what the audit found.
  const std::vector<std::string>& run();
  [[nodiscard]] const Audit& audit() const noexcept { return audit_; }

 protected:
  /// Takes a reply to its client. Tests of the replay itself lose some.
  virtual void deliver(const Respond& reply);

 private:
  /// An exchange that runs, and how it ends.
  struct Running {
    ExchangeId id;
    ExchangeStatus status = ExchangeStatus::expired;
    ScenarioRecord::Bytes response{};
    bool waits_for_record = false;  ///< until then its time in running_ is when it expires
  };
  using RunningByEnd = std::multimap<TimePoint, Running>;
  /// The recorded exchanges for one question over one transport, and how many are used up.
  struct Recorded {
    std::vector<std::size_t> exchanges;
    std::size_t used = 0;
  };

  void pass_until(TimePoint end);
  void apply(const ScenarioRecord::Configuration& configuration);
  void apply(const ScenarioRecord::Query& query);
  void apply(const ScenarioRecord::Refresh& refresh);
  void apply(const ScenarioRecord::Outcome& outcome);
  void apply(const ScenarioRecord::Connection& connection);
  void perform();
  void start(const StartExchange& start);
  /// Sets how `running` ends: as the recorded exchange `source` did, its own or an earlier one.
  /// Returns when.
  [[nodiscard]] TimePoint plan_as_recorded(Running& running, const ScenarioRecord::Exchange& source,
                                           bool is_own) const;
  /// Makes `running`, which would have ended at `end`, fail. Returns when.
  [[nodiscard]] TimePoint plan_failure(Running& running, std::span<const std::byte> query,
                                       TimePoint end) const;
  void finish(RunningByEnd::iterator exchange, ExchangeStatus status);
  [[nodiscard]] const ScenarioRecord::Exchange* last_answered(const dns::Question& question,
                                                              Transport transport) const;

  const ScenarioRecord& record_;
  std::optional<Failure> failure_;
  Audit audit_;
  cache::ResponseCache cache_{1 << 20, HashKey{1, 2}};
  QueryEngine engine_;
  ActionList actions_;
  TimePoint now_{};
  std::size_t next_event_ = 0;
  std::map<std::string, Recorded> recorded_;  // by question and transport
  RunningByEnd running_;
  std::map<std::size_t, RunningByEnd::iterator> waiting_;  // by number in the record
};

}  // namespace sluice::scenario
