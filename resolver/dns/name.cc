#include "resolver/dns/name.h"

#include <bit>

namespace sluice::dns {
namespace {

// Length octets are at most 63 and 'A' is 65, so folding and unfolding may treat every octet of a
// wire-format name alike and need not know where its labels begin.
static_assert(kMaxLabelSize < 'A');

constexpr unsigned kLabelTypeMask = 0xc0;  // RFC 1035 section 4.1.4: 00 label, 11 pointer
constexpr std::byte kCaseBit{0x20};

bool is_upper(std::byte octet) noexcept {
  return octet >= std::byte{'A'} && octet <= std::byte{'Z'};
}

std::byte fold(std::byte octet) noexcept { return is_upper(octet) ? octet | kCaseBit : octet; }

/// What the octet at the start of a label says.
enum class LabelKind : std::uint8_t { root, label, pointer, unknown };

LabelKind kind_of(unsigned octet) noexcept {
  if (octet == 0) return LabelKind::root;
  if (octet <= kMaxLabelSize) return LabelKind::label;
  // 01 was for extended labels (RFC 2673), which RFC 6891 section 5 withdrew; 10 was never given.
  return (octet & kLabelTypeMask) == kLabelTypeMask ? LabelKind::pointer : LabelKind::unknown;
}

/// Where the pointer at `at` leads: behind the header and before `limit`, else nullopt.
std::optional<std::size_t> pointer_target(std::span<const std::byte> message, std::size_t at,
                                          std::size_t limit) noexcept {
  if (message.size() - at < 2) return std::nullopt;
  const std::size_t target = (std::to_integer<std::size_t>(message[at]) & ~kLabelTypeMask) << 8 |
                             std::to_integer<std::size_t>(message[at + 1]);
  if (target < kHeaderSize || target >= limit) return std::nullopt;
  return target;
}

}  // namespace

std::optional<Name> Name::read(std::span<const std::byte> message, std::size_t& offset) noexcept {
  Name name;
  std::size_t size = 0;  // octets in `name`
  std::size_t at = offset;
  std::size_t limit = offset;  // the next pointer must lead to before it
  std::size_t end = 0;         // behind the name's own octets, once known
  int pointers = 0;
  while (at < message.size()) {
    const auto length = std::to_integer<std::size_t>(message[at]);
    switch (kind_of(static_cast<unsigned>(length))) {
      case LabelKind::root:
        name.bytes_[size] = std::byte{0};
        name.size_ = static_cast<std::uint8_t>(size + 1);
        offset = pointers == 0 ? at + 1 : end;
        return name;
      case LabelKind::label:
        // One octet must be left for the root.
        if (length >= message.size() - at || size + 1 + length >= kMaxNameSize) return std::nullopt;
        for (std::size_t i = 0; i <= length; ++i) name.bytes_[size + i] = fold(message[at + i]);
        size += 1 + length;
        at += 1 + length;
        break;
      case LabelKind::pointer: {
        const auto target = pointer_target(message, at, limit);
        if (!target || pointers == kMaxPointers) return std::nullopt;
        if (pointers == 0) end = at + 2;
        ++pointers;
        at = limit = *target;
        break;
      }
      case LabelKind::unknown:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

std::size_t Name::label_count() const noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; bytes_[at] != std::byte{0}; ++count) {
    at += 1 + std::to_integer<std::size_t>(bytes_[at]);
  }
  return count;
}

Name Name::parent() const noexcept {
  if (is_root()) return *this;
  const std::size_t first = 1 + std::to_integer<std::size_t>(bytes_[0]);
  Name name;
  name.size_ = static_cast<std::uint8_t>(size_ - first);
  std::memcpy(name.bytes_.data(), bytes_.data() + first, name.size_);
  return name;
}

bool Name::is_at_or_below(const Name& ancestor) const noexcept {
  std::size_t at = 0;
  while (size_ - at > ancestor.size_) at += 1 + std::to_integer<std::size_t>(bytes_[at]);
  return size_ - at == ancestor.size_ &&
         std::memcmp(bytes_.data() + at, ancestor.bytes_.data(), ancestor.size_) == 0;
}

bool skip_name(std::span<const std::byte> message, std::size_t& offset) noexcept {
  std::size_t at = offset;
  while (at < message.size()) {
    const auto length = std::to_integer<std::size_t>(message[at]);
    switch (kind_of(static_cast<unsigned>(length))) {
      case LabelKind::root:
        offset = at + 1;
        return true;
      case LabelKind::label:
        at += 1 + length;
        if (at - offset >= kMaxNameSize) return false;
        break;
      case LabelKind::pointer:
        if (!pointer_target(message, at, offset)) return false;
        offset = at + 2;
        return true;
      case LabelKind::unknown:
        return false;
    }
  }
  return false;
}

LetterCase letter_case(std::span<const std::byte> wire, std::size_t size) noexcept {
  LetterCase letters{};
  for (std::size_t i = 0; i < size; ++i) {
    letters[i / 32] |= std::uint32_t{is_upper(wire[i])} << i % 32;
  }
  return letters;
}

void restore_case(std::span<std::byte> wire, std::size_t size, const LetterCase& letters) noexcept {
  for (std::size_t word = 0; word < letters.size(); ++word) {
    for (std::uint32_t bits = letters[word]; bits != 0; bits &= bits - 1) {
      const std::size_t i = word * 32 + static_cast<std::size_t>(std::countr_zero(bits));
      if (i < size) wire[i] &= ~kCaseBit;
    }
  }
}

void fold_case(std::span<std::byte> wire, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) wire[i] = fold(wire[i]);
}

}  // namespace sluice::dns
