#include "resolver/dns/name.h"

#include <algorithm>
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

/// Eight octets at once, the high bit of each set where `octets` has an upper-case letter. Sums of
/// seven-bit numbers carry into the high bit of their own octet and no further.
constexpr std::uint64_t upper_case_mask(std::uint64_t octets) noexcept {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHigh = 0x80 * kEach;
  const std::uint64_t low = octets & ~kHigh;
  const std::uint64_t from_a = low + (0x80 - 'A') * kEach;
  const std::uint64_t beyond_z = low + (0x7f - 'Z') * kEach;
  return from_a & ~beyond_z & ~octets & kHigh;
}
static_assert(upper_case_mask(0x40'41'5a'5b'61'c1'00'7f) == 0x00'80'80'00'00'00'00'00);

std::uint64_t load_octets(const std::byte* from) noexcept {
  std::uint64_t octets;
  std::memcpy(&octets, from, sizeof octets);
  return octets;
}

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
  std::size_t size = 0;        // octets in `name`
  std::size_t begin = offset;  // of the labels read but not yet copied
  std::size_t at = offset;
  std::size_t limit = offset;  // the next pointer must lead to before it
  std::size_t end = 0;         // behind the name's own octets, once known
  int pointers = 0;
  const auto copy_labels = [&] {
    std::memcpy(name.bytes_.data() + size, message.data() + begin, at - begin);
    size += at - begin;
  };
  while (at < message.size()) {
    const auto length = std::to_integer<std::size_t>(message[at]);
    switch (kind_of(static_cast<unsigned>(length))) {
      case LabelKind::root:
        copy_labels();
        name.bytes_[size] = std::byte{0};
        name.size_ = static_cast<std::uint8_t>(size + 1);
        fold_case(name.bytes_, size);
        offset = pointers == 0 ? at + 1 : end;
        return name;
      case LabelKind::label:
        // One octet must be left for the root.
        if (length >= message.size() - at || size + (at - begin) + 1 + length >= kMaxNameSize)
          return std::nullopt;
        at += 1 + length;
        break;
      case LabelKind::pointer: {
        const auto target = pointer_target(message, at, limit);
        if (!target || pointers == kMaxPointers) return std::nullopt;
        copy_labels();
        if (pointers == 0) end = at + 2;
        ++pointers;
        begin = at = limit = *target;
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

std::span<const std::byte> Name::suffix(std::size_t labels) const noexcept {
  std::size_t at = 0;
  for (std::size_t skip = label_count() - labels; skip > 0; --skip)
    at += 1 + std::to_integer<std::size_t>(bytes_[at]);
  return {bytes_.data() + at, size_ - at};
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

// Most names have no capitals: eight octets at a time tell.
LetterCase letter_case(std::span<const std::byte> wire, std::size_t size) noexcept {
  LetterCase letters{};
  for (std::size_t begin = 0; begin < size; begin += sizeof(std::uint64_t)) {
    const std::size_t end = std::min(size, begin + sizeof(std::uint64_t));
    if (end - begin == sizeof(std::uint64_t) &&
        upper_case_mask(load_octets(wire.data() + begin)) == 0)
      continue;
    for (std::size_t i = begin; i < end; ++i) {
      letters[i / 32] |= std::uint32_t{is_upper(wire[i])} << i % 32;
    }
  }
  return letters;
}

// The octets that count a label are at most 63, and so below every letter.
LetterCase letter_mask(const Name& name) noexcept {
  LetterCase letters{};
  const auto wire = name.wire();
  for (std::size_t i = 0; i < wire.size(); ++i) {
    const bool is_letter = wire[i] >= std::byte{'a'} && wire[i] <= std::byte{'z'};
    letters[i / 32] |= std::uint32_t{is_letter} << i % 32;
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
  std::size_t i = 0;
  for (; size - i >= sizeof(std::uint64_t); i += sizeof(std::uint64_t)) {
    std::uint64_t octets = load_octets(wire.data() + i);
    octets |= upper_case_mask(octets) >> 2;  // kCaseBit
    std::memcpy(wire.data() + i, &octets, sizeof octets);
  }
  for (; i < size; ++i) wire[i] = fold(wire[i]);
}

}  // namespace sluice::dns
