#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/dns/constants.h"

namespace sluice::net {

/// What a datagram from the server is to the query that waits.
enum class DatagramMatch : std::uint8_t {
  answer,       ///< ID and question are repeated as they were sent
  bare_error,   ///< an error with our ID and no question, as old servers send it
  letter_case,  ///< an answer, but for upper-case letters of ours that it changed
  other,
};

/// The ID and question that were sent, which an answer must repeat (RFC 5452 section 9.1).
///
/// A query in random letter case must be answered in the same ("0x20"): each letter is one more bit
/// that a forger does not know. A query without upper-case letters carries none, and its answer may
/// spell the name as it likes (RFC 4343).
///
/// Does not parse what follows the question. Never allocates.
class SentQuestion {
 public:
  /// `query` is one of ours: well-formed, with one question.
  void remember(std::span<const std::byte> query) noexcept;

  [[nodiscard]] DatagramMatch match(std::span<const std::byte> datagram) const noexcept;

 private:
  [[nodiscard]] std::span<const std::byte> name() const noexcept;

  std::array<std::byte, dns::kHeaderSize + dns::kMaxNameSize + 4> bytes_{};  // up to QCLASS
  std::size_t size_ = 0;  // 0: nothing was sent, and nothing matches
  bool has_upper_case_ = false;
};

}  // namespace sluice::net
