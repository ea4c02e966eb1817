#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolver/dns/message.h"

namespace sluice::fuzz {

/// Where the questions and records of a message are, found without judging them: names end with a
/// zero octet or a pointer wherever it leads, RDATA is as long as it says. For telling why two
/// parsers may differ, not what is right.
struct MessageWalk {
  enum class Section : std::uint8_t { question, answer, authority, additional };
  struct Item {
    Section section{};
    std::size_t offset = 0;
    std::size_t type_offset = 0;
    std::uint16_t type = 0;
    std::size_t rdata_offset = 0;
    std::size_t rdata_size = 0;
    /// Where the pointer that ends its owner leads.
    std::optional<std::size_t> pointer{};
  };

  std::vector<Item> items;
  std::size_t end = 0;    ///< behind the last item that is there
  bool is_whole = false;  ///< the items are as many as the header says
};

[[nodiscard]] inline MessageWalk walk(std::span<const std::byte> message) {
  using Section = MessageWalk::Section;
  MessageWalk out;
  const auto header = dns::Header::read(message);
  if (!header) return out;
  out.end = dns::kHeaderSize;
  const std::size_t counts[]{header->question_count, header->answer_count, header->authority_count,
                             header->additional_count};
  std::size_t at = out.end;
  for (const Section section :
       {Section::question, Section::answer, Section::authority, Section::additional}) {
    for (std::size_t i = 0; i < counts[static_cast<std::size_t>(section)]; ++i) {
      MessageWalk::Item item{.section = section, .offset = at};
      while (at < message.size() && message[at] != std::byte{0} && message[at] < std::byte{0xc0})
        at += 1 + std::to_integer<std::size_t>(message[at]);
      if (at < message.size() && message[at] >= std::byte{0xc0}) {
        if (at + 1 == message.size()) return out;
        item.pointer = dns::read_u16(message, at++) & 0x3fffU;
      }
      item.type_offset = ++at;
      at += section == Section::question ? 4 : 10;
      if (at > message.size()) return out;
      item.type = dns::read_u16(message, item.type_offset);
      item.rdata_offset = at;
      if (section != Section::question) item.rdata_size = dns::read_u16(message, at - 2);
      at += item.rdata_size;
      if (at > message.size()) return out;
      out.items.push_back(item);
      out.end = at;
    }
  }
  out.is_whole = true;
  return out;
}

}  // namespace sluice::fuzz
