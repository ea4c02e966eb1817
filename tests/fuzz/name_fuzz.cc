// Names from any bytes: they are read as a slow reader of our own reads them, letters can be taken
// off and put back, ancestors fit each other, and what we print we read again.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/name.h"
#include "resolver/dns/presentation.h"
#include "tests/fuzz/octets.h"
#include "tests/fuzz/script.h"

namespace {

using namespace sluice::dns;
using sluice::fuzz::Bytes;
using sluice::fuzz::equal;
using sluice::fuzz::folded;

/// What is at one offset of a message, read label by label.
struct Reading {
  std::vector<Bytes> labels;
  std::size_t end = 0;  ///< behind the name's own octets
  bool is_own = true;   ///< no pointer
};

std::size_t wire_size(const std::vector<Bytes>& labels) {
  std::size_t size = 1;
  for (const Bytes& label : labels) size += 1 + label.size();
  return size;
}

/// As the contract of Name::read() says, each rule for itself.
std::optional<Reading> read_slowly(std::span<const std::byte> message, std::size_t offset) {
  Reading reading;
  std::size_t limit = offset;
  int pointers = 0;
  for (std::size_t at = offset; at < message.size();) {
    const auto first = std::to_integer<std::size_t>(message[at]);
    if (first >= 0xc0) {
      if (at + 1 >= message.size() || ++pointers > Name::kMaxPointers) return std::nullopt;
      const std::size_t target =
          (first - 0xc0) * 256 + std::to_integer<std::size_t>(message[at + 1]);
      if (target < kHeaderSize || target >= limit) return std::nullopt;
      if (reading.is_own) reading.end = at + 2;
      reading.is_own = false;
      at = limit = target;
      continue;
    }
    if (first > kMaxLabelSize || first >= message.size() - at) return std::nullopt;
    at += 1 + first;
    if (first == 0) {
      if (reading.is_own) reading.end = at;
      return reading;
    }
    const auto label = message.subspan(at - first, first);
    reading.labels.emplace_back(label.begin(), label.end());
    if (wire_size(reading.labels) > kMaxNameSize) return std::nullopt;
  }
  return std::nullopt;
}

Bytes wire_of(const std::vector<Bytes>& labels) {
  Bytes wire;
  for (const Bytes& label : labels) {
    wire.push_back(static_cast<std::byte>(label.size()));
    wire.insert(wire.end(), label.begin(), label.end());
  }
  wire.push_back(std::byte{0});
  return wire;
}

void check_letters(const Name& name, const Bytes& spelled) {
  const LetterCase letters = letter_case(spelled, spelled.size());
  Bytes wire = spelled;
  fold_case(wire, wire.size());
  SLUICE_ASSERT(equal(wire, name.wire()));
  SLUICE_ASSERT(letter_case(wire, wire.size()) == LetterCase{});
  restore_case(wire, wire.size(), letters);
  SLUICE_ASSERT(wire == spelled);
}

void check_ancestors(const Name& name) {
  const std::size_t labels = name.label_count();
  Name ancestor = name;
  for (std::size_t left = labels; left > 0; --left) {
    SLUICE_ASSERT(!ancestor.is_root() && ancestor.label_count() == left);
    SLUICE_ASSERT(equal(name.suffix(left), ancestor.wire()));
    SLUICE_ASSERT(name.is_at_or_below(ancestor));
    SLUICE_ASSERT(ancestor.is_at_or_below(name) == (ancestor == name));
    ancestor = ancestor.parent();
  }
  SLUICE_ASSERT(ancestor.is_root() && ancestor.parent() == ancestor);
  SLUICE_ASSERT(equal(name.suffix(0), ancestor.wire()) && name.is_at_or_below(ancestor));
}

void check_presentation(const Name& name) {
  const std::string text = to_string(name);
  SLUICE_ASSERT(text.ends_with('.'));
  SLUICE_ASSERT(std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }));
  const auto again = parse_name(text);
  SLUICE_ASSERT(again && *again == name);
  // The final dot may be left out.
  if (name.is_root()) return;
  const auto relative = parse_name(std::string_view{text}.substr(0, text.size() - 1));
  SLUICE_ASSERT(relative && *relative == name);
}

/// The name at `offset`, checked from all sides.
std::optional<Name> check_at(std::span<const std::byte> message, std::size_t offset) {
  const auto expected = read_slowly(message, offset);
  std::size_t end = offset;
  const auto name = Name::read(message, end);
  SLUICE_ASSERT(name.has_value() == expected.has_value());
  std::size_t skipped = offset;
  const bool can_skip = skip_name(message, skipped);
  SLUICE_ASSERT(skipped == offset || can_skip);
  if (!name) {
    SLUICE_ASSERT(end == offset);
    return std::nullopt;
  }
  SLUICE_ASSERT(end == expected->end && can_skip && skipped == end);
  SLUICE_ASSERT(equal(name->wire(), folded(wire_of(expected->labels))));
  SLUICE_ASSERT(name->label_count() == expected->labels.size());
  check_letters(*name, wire_of(expected->labels));
  check_ancestors(*name);
  check_presentation(*name);
  return name;
}

void check_relation(const Name& name, const Name& other) {
  const bool is_below = name.label_count() >= other.label_count() &&
                        equal(name.suffix(other.label_count()), other.wire());
  SLUICE_ASSERT(name.is_at_or_below(other) == is_below);
}

void check_text(std::span<const std::byte> bytes) {
  const std::string text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (const auto name = parse_name(text)) check_presentation(*name);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::Script script{std::as_bytes(std::span{data, size})};
  const std::size_t first = script.next_u16();
  const std::size_t second = script.next_u16();
  const auto message = script.rest();

  const auto name = check_at(message, std::min(first, message.size()));
  const auto other = check_at(message, std::min(second, message.size()));
  if (name && other) {
    check_relation(*name, *other);
    check_relation(*other, *name);
  }
  check_text(message);
  return 0;
}
