#include "resolver/dns/name.h"

#include <gtest/gtest.h>
// ldns defines `bool` as a macro unless this header has been seen.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/dns/presentation.h"
#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

/// `text` behind twelve octets of header, where names begin.
wire::Bytes behind_header(const wire::Bytes& bytes) {
  return wire::concat(wire::Bytes(kHeaderSize), bytes);
}

std::optional<Name> read_at(const wire::Bytes& message, std::size_t offset) {
  return Name::read(message, offset);
}

std::optional<Name> read_hex(std::string_view digits) {
  return read_at(behind_header(wire::hex(digits)), kHeaderSize);
}

Name name(std::string_view text) { return parse_name(text).value(); }

TEST(Name, IsTheRootByDefault) {
  const Name root;

  EXPECT_TRUE(root.is_root());
  EXPECT_EQ(root.size(), 1U);
  EXPECT_EQ(root.label_count(), 0U);
  EXPECT_EQ(root.parent(), root);
  EXPECT_EQ(root, name("."));
}

TEST(Name, IsFoldedToLowerCase) {
  EXPECT_EQ(read_hex("03 575757 07 4558414D504C45 00"), name("www.example."));
  // '[' and '@' stand beside the letters and are none.
  EXPECT_EQ(to_string(read_hex("04 405A5B41 00").value()), "@z[a.");
}

TEST(Name, FoldsTheLettersOfAsciiAndNoOtherOctetWhereverItStands) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    for (std::size_t at = 1; at <= 20; ++at) {
      auto message = behind_header(wire::hex("14" + std::string(40, '0') + "00"));
      message[kHeaderSize + at] = std::byte{static_cast<unsigned char>(octet)};
      const bool is_capital = octet >= 'A' && octet <= 'Z';

      const Name folded = read_at(message, kHeaderSize).value();
      const LetterCase letters = letter_case(std::span{message}.subspan(kHeaderSize), 22);

      ASSERT_EQ(std::to_integer<unsigned>(folded.wire()[at]), is_capital ? octet + 32 : octet)
          << at;
      ASSERT_EQ(letters[0], is_capital ? 1U << at : 0U) << octet << " at " << at;
    }
  }
}

TEST(Name, MovesTheOffsetBehindItsOwnOctets) {
  const auto message = behind_header(wire::hex("07 6578616D706C65 00  03 777777 C00C  FF"));
  std::size_t plain = 12;
  std::size_t compressed = 21;

  EXPECT_EQ(Name::read(message, plain), name("example."));
  EXPECT_EQ(plain, 21U);
  EXPECT_EQ(Name::read(message, compressed), name("www.example."));
  EXPECT_EQ(compressed, 27U);
}

TEST(Name, LeavesTheOffsetAloneOnFailure) {
  const auto message = behind_header(wire::hex("03 7777"));
  std::size_t read = 12;
  std::size_t skipped = 12;

  EXPECT_FALSE(Name::read(message, read));
  EXPECT_FALSE(skip_name(message, skipped));
  EXPECT_EQ(read, 12U);
  EXPECT_EQ(skipped, 12U);
}

TEST(Name, TakesLabelsOf63OctetsAndNoMore) {
  const std::string label(63, 'a');
  EXPECT_EQ(parse_name(label + ".example.")->size(), 73U);
  EXPECT_FALSE(read_at(behind_header(wire::concat(wire::hex("40"), wire::Bytes(70))), 12));
}

TEST(Name, TakesNamesOf255OctetsAndNoMore) {
  wire::Bytes labels;
  for (int i = 0; i < 126; ++i) labels = wire::concat(labels, wire::hex("01 61"));
  const auto of_255 = behind_header(wire::concat(labels, wire::hex("01 61 00")));
  const auto of_256 = behind_header(wire::concat(labels, wire::hex("02 6161 00")));

  const auto longest = read_at(of_255, 12);
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->size(), 255U);
  EXPECT_EQ(longest->label_count(), 127U);
  EXPECT_FALSE(read_at(of_256, 12));
  std::size_t offset = 12;
  EXPECT_TRUE(skip_name(of_255, offset));
  EXPECT_EQ(offset, of_255.size());
  offset = 12;
  EXPECT_FALSE(skip_name(of_256, offset));
}

TEST(Name, CountsWhatPointersAddTowardsThe255Octets) {
  wire::Bytes labels;
  for (int i = 0; i < 126; ++i) labels = wire::concat(labels, wire::hex("01 61"));
  const auto target = wire::concat(labels, wire::hex("00"));  // 253 octets at 12, ends at 265
  const auto fits = behind_header(wire::concat(target, wire::hex("01 62 C00C")));
  const auto over = behind_header(wire::concat(target, wire::hex("02 6262 C00C")));

  EXPECT_EQ(read_at(fits, 265)->size(), 255U);
  EXPECT_FALSE(read_at(over, 265));
}

TEST(Name, RefusesExtendedLabelTypes) {
  EXPECT_FALSE(read_hex("41 01 00"));
  EXPECT_FALSE(read_hex("80 01 00"));
  std::size_t offset = 12;
  EXPECT_FALSE(skip_name(behind_header(wire::hex("41 01 00")), offset));
  EXPECT_FALSE(skip_name(behind_header(wire::hex("80 01 00")), offset));
}

TEST(Name, RefusesPointersThatDoNotLeadBackwards) {
  EXPECT_FALSE(read_hex("C00C")) << "to itself";
  EXPECT_FALSE(read_hex("01 61 C00C")) << "to the start of its own name";
  EXPECT_FALSE(read_hex("C00E 00")) << "forward";
  EXPECT_FALSE(read_hex("C000")) << "into the header";
  EXPECT_FALSE(read_hex("C00B")) << "into the header's last octet";
  EXPECT_FALSE(read_at(behind_header(wire::hex("C00E C00C")), 14)) << "a loop of two";
  // From 18 back to 14, then forward to 16: behind the last target, though before the start.
  EXPECT_FALSE(read_at(behind_header(wire::hex("0000 C010 0000 C00E")), 18));
}

TEST(Name, RefusesWhatIsCutOff) {
  EXPECT_FALSE(read_hex(""));
  EXPECT_FALSE(read_hex("03 7777"));
  EXPECT_FALSE(read_hex("03 777777"));
  EXPECT_FALSE(read_at(behind_header(wire::hex("00 C0")), 13));
  EXPECT_FALSE(read_at({}, 0));
  EXPECT_FALSE(read_at({}, 5)) << "an offset behind the end";
}

TEST(Name, FollowsABoundedNumberOfPointers) {
  wire::Bytes chain = wire::hex("00 00");  // the root at 12, then pointers, each to the one before
  for (std::uint16_t i = 0; i <= Name::kMaxPointers; ++i) {
    const auto target = static_cast<std::uint16_t>(0xc000 | (12 + 2 * i));
    chain.push_back(static_cast<std::byte>(target >> 8));
    chain.push_back(static_cast<std::byte>(target & 0xff));
  }
  const auto message = behind_header(chain);

  EXPECT_TRUE(read_at(message, message.size() - 4));
  EXPECT_FALSE(read_at(message, message.size() - 2));
}

TEST(Name, ParentDropsTheFirstLabel) {
  EXPECT_EQ(name("www.example.").parent(), name("example."));
  EXPECT_EQ(name("example.").parent(), Name{});
  EXPECT_EQ(name("www.example.").label_count(), 2U);
}

TEST(Name, IsBelowItsAncestorsAndItself) {
  EXPECT_TRUE(name("www.example.").is_at_or_below(name("example.")));
  EXPECT_TRUE(name("example.").is_at_or_below(name("example.")));
  EXPECT_TRUE(name("example.").is_at_or_below(Name{}));
  EXPECT_TRUE(Name{}.is_at_or_below(Name{}));
  EXPECT_FALSE(name("example.").is_at_or_below(name("www.example.")));
  EXPECT_FALSE(name("www.example.").is_at_or_below(name("other.")));
  EXPECT_FALSE(name("notexample.").is_at_or_below(name("example."))) << "labels, not letters";
  // "\007example" inside a label looks like a label of its own.
  EXPECT_FALSE(name("x\\007example.").is_at_or_below(name("example.")));
}

TEST(LetterCase, WritesAFoldedNameBackAsItWasSpelled) {
  for (const char* spelled :
       {"wWw.eXaMpLe.", "WWW.EXAMPLE.", "www.example.", "a-1_Z.example.", "."}) {
    const auto query = wire::query(std::string{spelled} + " A");
    std::size_t offset = kHeaderSize;
    const Name folded = Name::read(query, offset).value();
    const auto original = std::span{query}.subspan(kHeaderSize, folded.size());
    std::vector<std::byte> wire{folded.wire().begin(), folded.wire().end()};

    restore_case(wire, wire.size(), letter_case(original, original.size()));
    EXPECT_TRUE(std::equal(wire.begin(), wire.end(), original.begin(), original.end())) << spelled;

    fold_case(wire, wire.size());
    EXPECT_TRUE(std::equal(wire.begin(), wire.end(), folded.wire().begin())) << spelled;
  }
}

TEST(LetterCase, ReachesTheLastOctetOfTheLongestName) {
  const std::string label(63, 'a');
  const std::string spelled = label + "." + label + "." + label + "." + std::string(60, 'b') + "Z.";
  const auto query = wire::query(spelled + " A");
  const auto original = std::span{query}.subspan(kHeaderSize, 255);

  const LetterCase letters = letter_case(original, original.size());

  EXPECT_EQ(letters[7], 1U << 29);  // octet 253, before the root
}

TEST(LetterCase, StaysWithinTheNameItIsWrittenOver) {
  LetterCase letters;
  letters.fill(~std::uint32_t{0});
  auto wire = wire::hex("01 61 00 61");

  restore_case(wire, 3, letters);

  EXPECT_EQ(wire[3], std::byte{0x61});
}

// Against ldns.

/// What ldns makes of the name at `offset`: its text in lower case, or nullopt if it refuses it.
std::optional<std::string> ldns_reading(const wire::Bytes& message, std::size_t offset) {
  ldns_rdf* rdf = nullptr;
  std::size_t at = offset;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2dname(&rdf, data, message.size(), &at) != LDNS_STATUS_OK) return std::nullopt;
  ldns_dname2canonical(rdf);
  const std::unique_ptr<char, decltype(&std::free)> text{ldns_rdf2str(rdf), std::free};
  ldns_rdf_deep_free(rdf);
  return text.get();
}

std::optional<std::string> our_reading(const wire::Bytes& message, std::size_t offset) {
  const auto read = read_at(message, offset);
  return read ? std::optional{to_string(*read)} : std::nullopt;
}

wire::Bytes random_labels(Random& random) {
  wire::Bytes bytes;
  const std::uint64_t labels = random.below(8);
  for (std::uint64_t i = 0; i < labels; ++i) {
    const std::uint64_t size = 1 + random.below(random.below(4) == 0 ? 64 : 12);
    bytes.push_back(static_cast<std::byte>(size));
    for (std::uint64_t j = 0; j < size; ++j) bytes.push_back(std::byte(random.below(256)));
  }
  return bytes;
}

TEST(Name, UncompressedIsReadAsLdnsReadsIt) {
  Random random{{.k0 = 1, .k1 = 2}};
  int accepted = 0;
  constexpr int kNames = 20'000;
  for (int i = 0; i < kNames; ++i) {
    auto message = behind_header(random_labels(random));
    message.push_back(std::byte{0});
    if (random.below(4) == 0) message.resize(12 + random.below(message.size() - 11));  // cut off

    const auto expected = ldns_reading(message, kHeaderSize);
    ASSERT_EQ(our_reading(message, kHeaderSize), expected) << "name " << i;
    accepted += expected.has_value();
  }
  EXPECT_GT(accepted, kNames / 4);
  EXPECT_LT(accepted, kNames);
}

TEST(Name, CompressedIsReadAsLdnsReadsIt) {
  Random random{{.k0 = 3, .k1 = 4}};
  for (int i = 0; i < 2'000; ++i) {
    auto message = behind_header(wire::hex("00"));
    std::vector<std::size_t> names{kHeaderSize};
    for (int j = 0; j < 10; ++j) {  // each name ends in a pointer to an earlier one
      const std::size_t target = names[random.below(names.size())];
      names.push_back(message.size());
      message = wire::concat(message, random_labels(random));
      message.push_back(static_cast<std::byte>(0xc0 | target >> 8));
      message.push_back(static_cast<std::byte>(target & 0xff));
    }
    for (const std::size_t offset : names) {
      ASSERT_EQ(our_reading(message, offset), ldns_reading(message, offset)) << "message " << i;
    }
  }
}

TEST(Name, IsNeverReadFromBytesThatLdnsRefuses) {
  Random random{{.k0 = 5, .k1 = 6}};
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    wire::Bytes message(20 + random.below(40));
    for (std::byte& octet : message) {  // mostly what gives names structure
      constexpr std::array<unsigned, 8> kLikely{0x00, 0x01, 0x02, 0x03, 0xc0, 0x0c, 0x0e, 0x61};
      octet = std::byte(random.below(8) == 0 ? random.below(256) : kLikely[random.below(8)]);
    }
    const std::size_t offset = kHeaderSize + random.below(message.size() - kHeaderSize);

    const auto read = our_reading(message, offset);
    if (!read) continue;
    ASSERT_EQ(read, ldns_reading(message, offset)) << "message " << i;
    std::size_t skipped = offset;
    std::size_t end = offset;
    ASSERT_TRUE(skip_name(message, skipped) && Name::read(message, end)) << "message " << i;
    ASSERT_EQ(skipped, end) << "message " << i;
    ++accepted;
  }
  EXPECT_GT(accepted, 1'000);
}

}  // namespace
}  // namespace sluice::dns
