#include "resolver/net/sent_question.h"

#include <algorithm>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"

namespace sluice::net {

namespace {

constexpr std::size_t kTypeAndClass = 4;

bool is_upper(std::byte octet) noexcept {
  return octet >= std::byte{'A'} && octet <= std::byte{'Z'};
}

// The octets that tell how long a label is are below those of letters.
bool equal_but_for_case(std::byte a, std::byte b) noexcept {
  return (is_upper(a) ? a | std::byte{0x20} : a) == (is_upper(b) ? b | std::byte{0x20} : b);
}

}  // namespace

void SentQuestion::remember(std::span<const std::byte> query) noexcept {
  std::size_t end = dns::kHeaderSize;
  const bool has_name = dns::skip_name(query, end);
  end += kTypeAndClass;
  SLUICE_ASSERT(has_name && end <= query.size() && end <= bytes_.size());
  std::copy_n(query.begin(), end, bytes_.begin());
  size_ = end;
  has_upper_case_ = std::any_of(name().begin(), name().end(), is_upper);
}

std::span<const std::byte> SentQuestion::name() const noexcept {
  return std::span{bytes_}.subspan(dns::kHeaderSize, size_ - dns::kHeaderSize - kTypeAndClass);
}

DatagramMatch SentQuestion::match(std::span<const std::byte> datagram) const noexcept {
  const auto header = dns::Header::read(datagram);
  if (size_ == 0 || !header || !header->has(dns::Header::kQr) ||
      header->id != dns::read_u16(bytes_, 0))
    return DatagramMatch::other;
  if (header->question_count == 0)
    return header->rcode() != 0 ? DatagramMatch::bare_error : DatagramMatch::other;
  if (header->question_count != 1 || datagram.size() < size_) return DatagramMatch::other;

  const auto sent = std::span{bytes_}.first(size_).subspan(dns::kHeaderSize);
  const auto echoed = datagram.first(size_).subspan(dns::kHeaderSize);
  if (std::equal(sent.begin(), sent.end(), echoed.begin())) return DatagramMatch::answer;
  const auto end_of_name = sent.begin() + static_cast<std::ptrdiff_t>(name().size());
  const bool differs_in_case_alone =
      std::equal(sent.begin(), end_of_name, echoed.begin(), equal_but_for_case) &&
      std::equal(end_of_name, sent.end(), echoed.begin() + (end_of_name - sent.begin()));
  if (!differs_in_case_alone) return DatagramMatch::other;
  return has_upper_case_ ? DatagramMatch::letter_case : DatagramMatch::answer;
}

}  // namespace sluice::net
