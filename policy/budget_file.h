#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "policy/budget_word.h"
#include "resolver/base/result.h"

namespace sluice::policy {

/// The memory-mapped file through which processes share a PacketBudget.
///
/// Created when missing (0660, never through a symbolic link), mapped shared, unmapped at
/// destruction, never deleted: the next process goes on from it. Belongs on a tmpfs such as /run,
/// since the word is monotonic time and means nothing after a reboot; PacketBudget survives one
/// that did.
///
/// A file of another version (another digit in its magic) is refused and left alone: whoever uses
/// it could not share with us, and to replace it would let both spend the whole limit unnoticed.
///
/// Sharers must trust each other: whoever may write the file can spend everything, and by cutting
/// the file short kill the others with SIGBUS. Hence no rights for others than owner and group.
///
/// Owns the mapping and a descriptor, for its lock. The word inside is atomic.
class BudgetFile {
 public:
  /// The word in whole pages: 132 KiB.
  static constexpr std::size_t kSize = (sizeof(BudgetWord) + 4'095) / 4'096 * 4'096;

  /// Maps `path`, making its folder (0755) and the file where they are missing. The error says in
  /// one line what is wrong and what to do.
  [[nodiscard]] static Result<std::shared_ptr<BudgetFile>, std::string> open(
      const std::string& path);
  ~BudgetFile();
  BudgetFile(const BudgetFile&) = delete;
  BudgetFile& operator=(const BudgetFile&) = delete;

  [[nodiscard]] BudgetWord& word() const noexcept { return *word_; }

  /// Takes the file's lock (flock) unless another holder has it; true if we have it, now or
  /// already. The kernel frees it when this object or its process ends, however it ends.
  [[nodiscard]] bool try_to_watch() const noexcept;
  void stop_watching() const noexcept;

 private:
  BudgetFile(int descriptor, BudgetWord* word) noexcept : descriptor_{descriptor}, word_{word} {}

  int descriptor_;
  BudgetWord* word_;
};

}  // namespace sluice::policy
