#include "resolver/recording.h"

namespace sluice {

Event Recording::read(const Head& head, std::span<const std::byte> bytes) noexcept {
  Event event{head.facts,
              {},
              bytes.subspan(sizeof head + head.name_size, head.message_kept),
              head.message_size};
  std::size_t offset = 0;
  if (const auto name = dns::Name::read(bytes.subspan(sizeof head, head.name_size), offset))
    event.question.name = *name;
  event.question.type = head.type;
  event.question.klass = head.klass;
  return event;
}

std::size_t Recording::size() const noexcept {
  std::size_t count = 0;
  for_each([&](const Event&) { ++count; });
  return count;
}

Duration Recording::length() const noexcept {
  if (bytes_.empty()) return {};
  Head oldest;
  std::memcpy(static_cast<void*>(&oldest), bytes_.data(), sizeof oldest);
  return taken_ - oldest.facts.at;
}

}  // namespace sluice
