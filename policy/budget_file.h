#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "policy/packet_budget.h"
#include "resolver/base/result.h"

namespace sluice::policy {

/// The memory-mapped file through which processes share a PacketBudget.
///
/// Created when missing (0660, never through a symbolic link), mapped shared, unmapped at
/// destruction, never deleted: the next process goes on from it. Belongs on a tmpfs such as /run,
/// since the word is monotonic time and means nothing after a reboot; PacketBudget survives one
/// that did.
///
/// Sharers must trust each other: whoever may write the file can spend everything, and by cutting
/// the file short kill the others with SIGBUS. Hence no rights for others than owner and group.
///
/// Owns the mapping. Immutable after open(); the word inside is atomic.
class BudgetFile {
 public:
  static constexpr std::size_t kSize = 4'096;

  /// Maps `path`, making its folder (0755) and the file where they are missing. The error says in
  /// one line what is wrong and what to do.
  [[nodiscard]] static Result<std::shared_ptr<BudgetFile>, std::string> open(
      const std::string& path);
  ~BudgetFile();
  BudgetFile(const BudgetFile&) = delete;
  BudgetFile& operator=(const BudgetFile&) = delete;

  [[nodiscard]] BudgetWord& word() const noexcept { return *word_; }

 private:
  explicit BudgetFile(BudgetWord* word) noexcept : word_{word} {}
  BudgetWord* word_;
};

}  // namespace sluice::policy
