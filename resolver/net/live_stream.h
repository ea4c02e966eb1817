#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

namespace sluice::net {

/// A text that many connections send, kept until the last has sent it.
using SharedText = std::shared_ptr<const std::string>;

/// A connection that gets one text after the other until it ends (text/event-stream). Keeps nothing
/// for later: a text that comes while the one before is not yet sent is left out, and a peer that
/// is kMissesMax behind is no longer served.
///
/// Thread-confined to the socket's loop.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  static constexpr std::uint32_t kMissesMax = 3;

  enum class Outcome : std::uint8_t { taken, left_out, closed };

  /// `head` goes before the first text. Holds `place` as long as it is open.
  LiveStream(boost::asio::ip::tcp::socket socket, std::string head, std::shared_ptr<void> place);

  /// Watches for the peer's end. Call once.
  void start();
  Outcome send(SharedText text);
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string head_;
  std::shared_ptr<void> place_;
  SharedText sending_;  ///< null while nothing is being sent
  std::uint32_t misses_ = 0;
  char ignored_ = 0;
};

}  // namespace sluice::net
