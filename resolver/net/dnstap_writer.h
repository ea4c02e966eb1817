#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace sluice::net {

/// Sends frames to a collector at a Unix socket, in Frame Streams: by libfstrm, on a thread of its
/// own. A collector that is absent, slow or restarts costs nobody anything but frames, which are
/// counted.
///
/// Each thread that sends has a queue of its own, and uses no other. take_room() and send() neither
/// wait nor allocate. Bounds: kFrames frames, waiting or being written; what comes then is dropped.
/// A collector that takes nothing for kPatience is left, and tried again kReopen later.
class DnstapWriter {
 public:
  static constexpr std::size_t kFrames = 512;
  static constexpr int kPatienceSeconds = 1;
  static constexpr unsigned kReopenSeconds = 1;

  /// `frame_size` is the most that a frame can have; memory that no frame needs stays untouched.
  DnstapWriter(std::string path, std::size_t queues, std::size_t frame_size);
  /// Waits until what was sent is written, or the collector has had its time.
  ~DnstapWriter();
  DnstapWriter(const DnstapWriter&) = delete;
  DnstapWriter& operator=(const DnstapWriter&) = delete;

  /// Room for a frame, to be given to send() next; empty if there is none or nobody listens: then
  /// the frame is counted as dropped.
  [[nodiscard]] std::span<std::byte> take_room() noexcept;
  void send(std::size_t queue, std::span<std::byte> room, std::size_t size) noexcept;

  [[nodiscard]] std::uint64_t sent() const noexcept;
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::net
