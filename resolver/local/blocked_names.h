#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::local {

/// What a list says of a name.
enum class ListAction : std::uint8_t {
  none,  ///< nothing
  nxdomain,
  nodata,
  null_address,  ///< 0.0.0.0 and ::
  passthru,      ///< an exception: no list blocks the name
  local_data,    ///< records of the list's own
};

/// What a list says of the name itself, and of all names below it.
struct NameActions {
  ListAction itself = ListAction::none;
  ListAction below = ListAction::none;
};

/// The names of one list; more are refused.
inline constexpr std::size_t kMaxBlockedNames = 10'000'000;

/// The names of a list as keyed hashes, each with its actions: 8 octets a name in an
/// open-addressing table that is three quarters full, so about 11. The names themselves are not
/// kept: with 58 bits of hash, a name that is not in a list of a million is taken for one that is
/// with a chance of 4 in 10^12, and nobody who does not know the key can search for such a name.
///
/// Immutable. find() reads one or two cache lines and never allocates.
class BlockedNames {
 public:
  /// Collects what becomes a BlockedNames.
  class Builder {
   public:
    /// A hint of how many names will come.
    void reserve(std::size_t names);
    /// Of a name that comes twice the first action counts, for itself and for what is below it.
    /// False: kMaxBlockedNames are there.
    [[nodiscard]] bool add(std::uint64_t hash, NameActions actions);

   private:
    friend class BlockedNames;
    std::vector<std::uint64_t> entries_;
  };

  BlockedNames() = default;
  explicit BlockedNames(const Builder& builder);

  /// What the list says of the name with this hash.
  [[nodiscard]] NameActions find(std::uint64_t hash) const noexcept;
  /// Different names.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept;

  std::vector<std::uint64_t> slots_;  ///< 0: free; else the hash, its last bits the actions
  std::size_t size_ = 0;
};

}  // namespace sluice::local
