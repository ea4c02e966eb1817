#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "resolver/base/hash.h"
#include "resolver/dns/name.h"

namespace sluice::local {

/// The octets of a wire-format name as text, which is what maps are keyed by.
[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> wire) noexcept {
  return {reinterpret_cast<const char*>(wire.data()), wire.size()};
}

/// A name, or one above it: its wire form and the hash of that.
struct Suffix {
  std::string_view wire;
  std::uint64_t hash = 0;
  std::size_t offset = 0;  ///< octets of the name in front of it
};

/// The hash by which every table of local names finds a name.
[[nodiscard]] inline std::uint64_t hash_of(std::string_view wire, HashKey key) noexcept {
  SipHasher hasher{key};
  hasher.add(std::as_bytes(std::span{wire}));
  return hasher.finish();
}

/// A name and all names above it, hashed once for every table that is asked: [0] is the name
/// itself, the last is the root. Views the name. Never allocates.
class Suffixes {
 public:
  /// Not zeroed on purpose: only the first size() entries are read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  Suffixes(const dns::Name& name, HashKey key) noexcept : wire_{as_text(name.wire())} {
    std::size_t at = 0;
    for (;;) {
      offsets_[size_] = static_cast<std::uint8_t>(at);
      hashes_[size_] = hash_of(wire_.substr(at), key);
      ++size_;
      if (wire_[at] == '\0') return;
      at += 1 + static_cast<std::size_t>(static_cast<unsigned char>(wire_[at]));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t label_count() const noexcept { return size_ - 1; }
  [[nodiscard]] Suffix operator[](std::size_t i) const noexcept {
    return {.wire = wire_.substr(offsets_[i]), .hash = hashes_[i], .offset = offsets_[i]};
  }

 private:
  static constexpr std::size_t kMaxSize = dns::kMaxNameSize / 2 + 1;

  std::string_view wire_;
  std::size_t size_ = 0;
  std::array<std::uint64_t, kMaxSize> hashes_;
  std::array<std::uint8_t, kMaxSize> offsets_;
};

/// Hashes keys of a NameMap; takes the hash of a Suffix as it stands.
struct SuffixHash {
  using is_transparent = void;

  HashKey key;

  std::size_t operator()(std::string_view wire) const noexcept { return hash_of(wire, key); }
  std::size_t operator()(const Suffix& suffix) const noexcept { return suffix.hash; }
};

struct SuffixEqual {
  using is_transparent = void;

  static std::string_view wire_of(std::string_view wire) noexcept { return wire; }
  static std::string_view wire_of(const Suffix& suffix) noexcept { return suffix.wire; }
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const noexcept {
    return wire_of(a) == wire_of(b);
  }
};

/// Values by name (its wire form), found by Suffix without allocating. To be made with
/// `NameMap<T> map{0, SuffixHash{key}}`.
template <typename T>
using NameMap = std::unordered_map<std::string, T, SuffixHash, SuffixEqual>;

}  // namespace sluice::local
