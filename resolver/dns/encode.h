#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/dns/message.h"
#include "resolver/dns/record.h"

/// What every message that we write is made of. The caller has made sure that the room is there.
namespace sluice::dns {

/// The farthest name that a compression pointer leads to, and the pointer that leads to `offset`
/// (RFC 1035 section 4.1.4).
inline constexpr std::size_t kMaxPointerTarget = 0x3fff;
[[nodiscard]] constexpr std::uint16_t pointer_to(std::size_t offset) noexcept {
  return static_cast<std::uint16_t>(0xc000 | offset);
}

/// Appends octets and numbers, in network order, to a message of `size` octets in `out`.
class Appender {
 public:
  Appender(std::span<std::byte> out, std::size_t size) noexcept : out_{out}, size_{size} {}

  void bytes(std::span<const std::byte> bytes) noexcept {
    std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }
  void u8(std::uint8_t value) noexcept { out_[size_++] = std::byte{value}; }
  void u16(std::size_t value) noexcept {
    write_u16(out_, size_, static_cast<std::uint16_t>(value));
    size_ += 2;
  }
  void u32(std::uint32_t value) noexcept {
    write_u32(out_, size_, value);
    size_ += 4;
  }
  /// What a record has between its owner and its RDATA.
  void record(Type type, Class klass, std::uint32_t ttl, std::size_t rdata_size) noexcept {
    u16(static_cast<std::uint16_t>(type));
    u16(static_cast<std::uint16_t>(klass));
    u32(ttl);
    u16(rdata_size);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::span<std::byte> out_;
  std::size_t size_;
};

// Offsets of the header's counts (RFC 1035 section 4.1.1).
inline constexpr std::size_t kAnswerCountOffset = 6;
inline constexpr std::size_t kAuthorityCountOffset = 8;
inline constexpr std::size_t kAdditionalCountOffset = 10;

void write_header(std::span<std::byte> out, const Header& header) noexcept;

/// Writes `question` behind the header. Returns the message's size.
std::size_t write_question(std::span<std::byte> out, const Question& question) noexcept;

/// Writes an OPT record of ours, EDNS version 0, for options of `options_size` octets that the
/// caller puts behind it (RFC 6891 section 6.1.2). Returns the size of both; counts nothing.
std::size_t write_opt(std::span<std::byte> out, std::uint32_t rcode_and_flags,
                      std::size_t options_size) noexcept;

}  // namespace sluice::dns
