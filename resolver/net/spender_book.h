#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "resolver/base/hash.h"
#include "resolver/base/spender.h"
#include "resolver/net/spender_words.h"

namespace sluice::net {

/// What spenders are called. A name once known stays, though the group or program is gone.
///
/// Thread-confined. Bound: `capacity` spenders; the one that was not mentioned for longest makes
/// room for a new one.
class SpenderBook {
 public:
  SpenderBook(std::size_t capacity, HashKey key) : by_spender_{0, Hash{key}}, capacity_{capacity} {}

  /// nullptr if it has no name yet. Valid until the next record().
  [[nodiscard]] const SpenderWords* find(const Spender& spender);

  /// That one of its sockets is owned by `uid`. Of a group with several owners, none is told. False
  /// if the book does not know the spender.
  bool see_owner(const Spender& spender, std::uint32_t uid);

  enum class Room : std::uint8_t { found, made };  ///< made: another one had to be forgotten
  /// The words for `spender`, in place of earlier ones.
  Room record(const Spender& spender, SpenderWords words);

  [[nodiscard]] std::size_t size() const noexcept { return by_spender_.size(); }

 private:
  struct Entry {
    Spender spender;
    SpenderWords words;
  };
  struct Hash {
    HashKey key;
    std::size_t operator()(const Spender& spender) const noexcept { return spender.hash(key); }
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] Entry* mention(const Spender& spender);

  Entries entries_;  // last mentioned first
  std::unordered_map<Spender, Entries::iterator, Hash> by_spender_;
  std::size_t capacity_;
};

}  // namespace sluice::net
