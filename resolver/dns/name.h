#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "resolver/dns/constants.h"

namespace sluice::dns {

/// Which letters of a name were upper case, so that a folded name can be written back exactly as
/// the client spelled it (clients compare: c-ares' and Unbound's 0x20).
using LetterCase = std::array<std::uint32_t, 8>;  // bit i: octet i of the wire form

/// A domain name in wire format, uncompressed and folded to lower case (RFC 4343): equal names
/// have equal bytes. A plain value of 256 bytes; never allocates. The default is the root.
class Name {
 public:
  constexpr Name() noexcept : size_{1} {}

  /// The name that starts at `offset` in `message`, followed through compression pointers.
  /// Each pointer must lead backwards, to before the name or the last pointer's target, and not
  /// into the header, so that a loop is impossible (RFC 1035 section 4.1.4). At most kMaxPointers
  /// of them are followed: the work for one name is bounded whatever the message holds.
  /// nullopt: a label over 63 octets, a name over 255, an extended label type, or bytes missing.
  /// On success `offset` is moved behind the name's own bytes in the message.
  [[nodiscard]] static std::optional<Name> read(std::span<const std::byte> message,
                                                std::size_t& offset) noexcept;

  /// The uncompressed wire form, the root's closing zero octet included.
  [[nodiscard]] std::span<const std::byte> wire() const noexcept { return {bytes_.data(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_root() const noexcept { return size_ == 1; }
  /// Labels without the root: "www.example." has 2.
  [[nodiscard]] std::size_t label_count() const noexcept;
  /// The name without its first label; the root's parent is the root.
  [[nodiscard]] Name parent() const noexcept;
  /// The uncompressed wire form of its last `labels` labels, at most label_count().
  [[nodiscard]] std::span<const std::byte> suffix(std::size_t labels) const noexcept;
  /// True for the name itself, too; every name is below the root.
  [[nodiscard]] bool is_at_or_below(const Name& ancestor) const noexcept;

  friend bool operator==(const Name& a, const Name& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), a.size_) == 0;
  }

  /// As many as a name of 255 octets can have labels: a message needs no more.
  static constexpr int kMaxPointers = 127;

 private:
  std::array<std::byte, kMaxNameSize> bytes_{};
  std::uint8_t size_;
};

/// Moves `offset` behind the name at `offset` without reading what it points to. False if the
/// name's own octets are malformed or missing, or its pointer does not lead backwards.
[[nodiscard]] bool skip_name(std::span<const std::byte> message, std::size_t& offset) noexcept;

/// The upper-case letters of the uncompressed wire-format name of `size` octets at the start of
/// `wire`.
[[nodiscard]] LetterCase letter_case(std::span<const std::byte> wire, std::size_t size) noexcept;

/// Where the name has letters: those that could be upper case.
[[nodiscard]] LetterCase letter_mask(const Name& name) noexcept;

/// Writes `letters` over the first `size` octets of a folded name.
void restore_case(std::span<std::byte> wire, std::size_t size, const LetterCase& letters) noexcept;

/// Of the letters of `name`, about half: those to write in upper case so that a response cannot be
/// guessed (0x20). `random` gives 64 random bits at each call.
template <typename Random>
[[nodiscard]] LetterCase random_case(const Name& name, Random&& random) {
  LetterCase letters = letter_mask(name);
  for (std::size_t word = 0; word < letters.size(); ++word)
    if (letters[word] != 0) letters[word] &= static_cast<std::uint32_t>(random());
  return letters;
}

/// Folds the first `size` octets of a wire-format name to lower case, in place.
void fold_case(std::span<std::byte> wire, std::size_t size) noexcept;

}  // namespace sluice::dns
