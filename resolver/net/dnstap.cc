#include "resolver/net/dnstap.h"

#include <unistd.h>

#include <array>

namespace sluice::net {

namespace {

std::string host_name() {
  std::array<char, DnstapForm::kMaxIdentity + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace

Dnstap::Dnstap(const conf::Dnstap& config, std::size_t queues)
    : wanted_{config.messages},
      sample_{config.sample},
      form_{config.identity.empty() ? host_name() : config.identity},
      writer_{config.socket, queues, DnstapForm::kMaxSize} {}

void Dnstap::send(std::size_t queue, const TappedMessage& message) noexcept {
  if (!wants(message.kind)) return;
  const std::span<std::byte> room = writer_.take_room();
  if (room.empty()) return;
  writer_.send(queue, room, form_.write(message, room));
}

}  // namespace sluice::net
