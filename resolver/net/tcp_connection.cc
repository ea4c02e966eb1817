#include "resolver/net/tcp_connection.h"

#include <algorithm>
#include <cstring>

#include "resolver/dns/message.h"

namespace sluice::net {
namespace {

constexpr std::size_t kLengthSize = 2;

void give_back(std::vector<std::byte>& buffer) noexcept {
  buffer.clear();
  if (buffer.capacity() > TcpConnection::kUsualBuffer) std::vector<std::byte>{}.swap(buffer);
}

}  // namespace

bool TcpConnection::has_enough_to_do() const noexcept {
  return unanswered_ >= kMaxUnanswered || pending_output() >= kOutputHighWater;
}

bool TcpConnection::wants_input() const noexcept { return !input_ended_ && !has_enough_to_do(); }

std::span<std::byte> TcpConnection::room() {
  const std::size_t held = input_end_ - input_begin_;
  if (input_begin_ != 0) std::memmove(input_.data(), input_.data() + input_begin_, held);
  input_begin_ = 0;
  input_end_ = held;
  std::size_t needed = kUsualBuffer;
  if (held >= kLengthSize) needed = std::max(needed, kLengthSize + dns::read_u16(input_, 0));
  if (held == 0 && input_.size() > needed) give_back(input_);
  if (input_.size() < needed) input_.resize(needed);
  return std::span{input_}.subspan(input_end_);
}

void TcpConnection::received(std::size_t size) noexcept { input_end_ += size; }

std::optional<std::span<const std::byte>> TcpConnection::next_message(TimePoint now) noexcept {
  if (!wants_input()) return std::nullopt;
  const auto held =
      std::span<const std::byte>{input_}.subspan(input_begin_, input_end_ - input_begin_);
  if (held.size() < kLengthSize) return std::nullopt;
  const std::size_t size = dns::read_u16(held, 0);
  if (held.size() < kLengthSize + size) return std::nullopt;
  input_begin_ += kLengthSize + size;
  last_activity_ = now;
  return held.subspan(kLengthSize, size);
}

bool TcpConnection::add_answer(std::span<const std::byte> message) {
  if (unanswered_ > 0) --unanswered_;
  return add_reply(message);
}

// Length and payload go out in one write, so that no client sees a packet of two octets (RFC 7766
// section 8).
bool TcpConnection::add_reply(std::span<const std::byte> message) {
  const std::size_t begin = waiting_.size();
  if (pending_output() + kLengthSize + message.size() > kMaxOutput) {
    overflowed_ = true;
    return false;
  }
  waiting_.resize(begin + kLengthSize + message.size());
  dns::write_u16(waiting_, begin, static_cast<std::uint16_t>(message.size()));
  std::copy(message.begin(), message.end(),
            waiting_.begin() + static_cast<std::ptrdiff_t>(begin + kLengthSize));
  return true;
}

std::span<const std::byte> TcpConnection::begin_write(TimePoint now) noexcept {
  if (!leaving_.empty()) return {};
  leaving_.swap(waiting_);
  write_begin_ = now;
  return leaving_;
}

void TcpConnection::written(TimePoint now) noexcept {
  give_back(leaving_);
  last_activity_ = now;
}

bool TcpConnection::is_finished() const noexcept {
  return overflowed_ || (input_ended_ && unanswered_ == 0 && pending_output() == 0);
}

TimePoint TcpConnection::idle_at(Duration idle_timeout) const noexcept {
  const Duration patience = is_busy() ? std::max(idle_timeout, kAnswerPatience) : idle_timeout;
  const TimePoint idle = last_activity_ + patience;
  return leaving_.empty() ? idle : std::min(idle, write_begin_ + idle_timeout);
}

}  // namespace sluice::net
