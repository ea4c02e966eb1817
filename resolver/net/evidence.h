#pragma once

#include <string>

#include "resolver/engine_snapshot.h"
#include "resolver/net/control_json.h"

namespace sluice::net {

/// Who and what stands behind a trouble, in sentences without their full stop, as far as a snapshot
/// says so: empty where nobody stands out or nothing fails.
///
/// Views what it is given, which must outlive it.
class Evidence {
 public:
  Evidence(const EngineSnapshot& snapshot, const Describe& describe)
      : snapshot_{snapshot}, describe_{describe} {}

  /// "169.254.169.253, 10.0.0.2".
  [[nodiscard]] std::string servers_of(const std::string& upstream) const;
  /// The first of them as dig takes it: "192.0.2.1 -p 5300".
  [[nodiscard]] std::string first_server_of(const std::string& upstream) const;
  /// How long each zone's answers take, if there are few zones, and more than one.
  [[nodiscard]] std::string zones_sentence(const std::string& upstream) const;

  /// Who has spent most packets in the last minute.
  [[nodiscard]] std::string spender_name() const;
  [[nodiscard]] std::string spender_sentence() const;
  /// Whose questions failed most. Not who spends most: what fails and is asked again costs few
  /// packets, and others may well spend more on names that are answered.
  [[nodiscard]] std::string most_failed_name() const;
  [[nodiscard]] std::string most_failed_sentence() const;
  /// Which subtree fails.
  [[nodiscard]] std::string failing_sentence() const;

 private:
  [[nodiscard]] const EngineSnapshot::Account* most_failed() const;

  const EngineSnapshot& snapshot_;
  const Describe& describe_;
};

}  // namespace sluice::net
