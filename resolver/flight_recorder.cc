#include "resolver/flight_recorder.h"

#include <algorithm>
#include <cstring>

namespace sluice {

namespace {

constexpr std::size_t kAlignment = 8;
constexpr std::size_t kLargestEvent =
    sizeof(Recording::Head) + dns::kMaxNameSize + FlightRecorder::kSnapLength + kAlignment;
static_assert(kLargestEvent < FlightRecorder::kMinBytes);

std::size_t aligned(std::size_t size) noexcept {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

FlightRecorder::FlightRecorder(std::size_t max_bytes)
    : capacity_{max_bytes < kMinBytes ? 0 : max_bytes},
      ring_{capacity_ == 0 ? nullptr : new std::byte[capacity_]} {}

void FlightRecorder::record(const EventFacts& facts, const dns::Question& question,
                            std::span<const std::byte> message) noexcept {
  if (!is_on()) return;
  const std::span<const std::byte> name = question.name.wire();
  const std::span<const std::byte> kept = message.first(std::min(message.size(), kSnapLength));
  Recording::Head head{};
  head.size = static_cast<std::uint32_t>(aligned(sizeof head + name.size() + kept.size()));
  head.message_size = static_cast<std::uint16_t>(message.size());
  head.message_kept = static_cast<std::uint16_t>(kept.size());
  head.type = question.type;
  head.klass = question.klass;
  head.name_size = static_cast<std::uint8_t>(name.size());
  head.facts = facts;

  std::byte* const place = make_room(head.size);
  std::memcpy(place, &head, sizeof head);
  std::memcpy(place + sizeof head, name.data(), name.size());
  if (!kept.empty()) std::memcpy(place + sizeof head + name.size(), kept.data(), kept.size());
  ++recorded_;
}

std::byte* FlightRecorder::make_room(std::size_t size) noexcept {
  if (capacity_ - tail_ < size) {
    while (is_round_) drop_oldest();  // what lies behind the newest is the oldest there is
    end_ = tail_;
    tail_ = 0;
    is_round_ = true;
  }
  while (is_round_ && head_ - tail_ < size) drop_oldest();
  std::byte* const place = ring_.get() + tail_;
  tail_ += size;
  return place;
}

void FlightRecorder::drop_oldest() noexcept {
  Recording::Head oldest;
  std::memcpy(static_cast<void*>(&oldest), ring_.get() + head_, sizeof oldest);
  head_ += oldest.size;
  ++overwritten_;
  if (head_ < end_) return;
  head_ = 0;
  is_round_ = false;
}

Recording FlightRecorder::copy(TimePoint now) const {
  const std::byte* const ring = ring_.get();
  std::vector<std::byte> bytes;
  if (is_round_) {
    bytes.reserve(end_ - head_ + tail_);
    bytes.insert(bytes.end(), ring + head_, ring + end_);
    bytes.insert(bytes.end(), ring, ring + tail_);
  } else {
    bytes.assign(ring + head_, ring + tail_);
  }
  return {std::move(bytes), now};
}

}  // namespace sluice
