#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace sluice::lab {

/// A datagram and when the kernel took it from the network.
struct Datagram {
  std::span<const std::byte> bytes;
  boost::asio::ip::udp::endpoint from;
  std::int64_t at_ns = 0;  ///< CLOCK_REALTIME
};

/// Reads datagrams in batches with the kernel's receive time (SO_TIMESTAMPNS), so that a late
/// reader does not falsify the record.
///
/// Owns the buffers of one batch; allocates only at construction.
class StampedReceiver {
 public:
  /// Turns time stamps and overflow counts on for `socket`, which stays the caller's, and asks for
  /// a receive buffer that holds some seconds of a flood.
  explicit StampedReceiver(int socket);
  ~StampedReceiver();
  StampedReceiver(const StampedReceiver&) = delete;
  StampedReceiver& operator=(const StampedReceiver&) = delete;

  /// What is there now, at most one batch; empty if nothing is. Valid until the next call.
  [[nodiscard]] std::span<const Datagram> receive();

  /// Datagrams that the kernel threw away because nobody read them in time (SO_RXQ_OVFL).
  [[nodiscard]] std::uint32_t overflows() const noexcept { return overflows_; }

 private:
  struct Batch;

  int socket_;
  std::uint32_t overflows_ = 0;
  std::unique_ptr<Batch> batch_;
};

/// CLOCK_REALTIME now, for what the kernel gives no time.
[[nodiscard]] std::int64_t realtime_ns() noexcept;

}  // namespace sluice::lab
