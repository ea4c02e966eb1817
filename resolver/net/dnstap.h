#pragma once

#include <cstddef>
#include <cstdint>

#include "conf/config.h"
#include "resolver/net/dnstap_message.h"
#include "resolver/net/dnstap_writer.h"

namespace sluice::net {

/// What a dnstap collector gets: which kinds of messages, and from whom it hears that it is us.
///
/// Any thread may send(), with a queue that no other thread uses. Never waits, never allocates.
class Dnstap {
 public:
  /// `config` names a socket. One queue for each thread that sends.
  Dnstap(const conf::Dnstap& config, std::size_t queues);

  [[nodiscard]] bool wants(conf::DnstapMessage kind) const noexcept {
    return wanted_.test(static_cast<std::size_t>(kind));
  }
  /// Of messages from and to clients, one of so many.
  [[nodiscard]] std::uint32_t sample() const noexcept { return sample_; }

  /// Does nothing with a kind that is not wanted.
  void send(std::size_t queue, const TappedMessage& message) noexcept;

  [[nodiscard]] std::uint64_t sent() const noexcept { return writer_.sent(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return writer_.dropped(); }

 private:
  conf::DnstapMessages wanted_;
  std::uint32_t sample_;
  DnstapForm form_;
  DnstapWriter writer_;
};

}  // namespace sluice::net
