#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/random.h"
#include "tests/lab/answer.h"
#include "tests/lab/arrival_record.h"
#include "tests/lab/arrival_summary.h"
#include "tests/lab/delay_queue.h"
#include "tests/lab/packet_window.h"
#include "tests/lab/stamped_receiver.h"
#include "tests/lab/tcp_front.h"
#include "tests/lab/zone_behaviour.h"

namespace sluice::lab {

/// An emulated VPC resolver behind one network interface: it answers over UDP and TCP as its
/// zones say, ignores every packet above the interface's limit without a trace, and records when
/// each one arrived.
///
/// A TCP segment cannot be taken back from the kernel; one above the limit is counted as dropped
/// and its query stays unanswered.
///
/// Thread-confined to the io_context's thread; must live as long as that runs. Bounds: the record
/// (max_arrivals) and the delayed replies (kMaxDelayed, beyond which queries stay unanswered).
class Vpc {
 public:
  static constexpr std::size_t kMaxDelayed = 1 << 20;

  struct Options {
    Endpoint listen{};            ///< UDP and TCP; none = 127.0.0.1, port 0 picks a free port
    std::uint32_t limit = 1'024;  ///< packets per second, 0 = no limit
    std::uint64_t seed = 1;       ///< of jitter and loss
    std::vector<ZoneBehaviour> zones = default_zones();
    std::size_t max_arrivals = 1 << 23;
    /// When be_silent() happens by itself, from the construction on, and for how long.
    Duration silent_from{0};
    Duration silent_for{0};
  };

  /// Throws boost::system::system_error if the address cannot be bound.
  Vpc(boost::asio::io_context& io, const Options& options);
  Vpc(const Vpc&) = delete;
  Vpc& operator=(const Vpc&) = delete;

  /// With the port that was chosen.
  [[nodiscard]] Endpoint endpoint() const;

  /// Adds a zone, or replaces the one with this suffix, for queries from now on.
  void set_zone(const ZoneBehaviour& zone);
  /// The same, written as for parse_zone(); the text must be right.
  void set_zone(std::string_view text);
  void set_limit(std::uint32_t packets_per_second) {
    interface_ = SlidingLimit{packets_per_second};
  }
  /// Answers nothing that comes in `window`, over UDP or TCP, and sends no reply then. Packets are
  /// recorded as ever; TCP handshakes are the kernel's and go on. Replaces an earlier silence.
  void be_silent(const TimeWindow& window) { silence_ = window; }
  /// Closes the sockets for good: from now on senders get ICMP port unreachable and RST.
  void close();

  [[nodiscard]] const ArrivalRecord& record() const noexcept { return record_; }
  [[nodiscard]] std::span<const ZoneBehaviour> zones() const noexcept { return zones_; }
  [[nodiscard]] ArrivalSummary summary() const;

 private:
  /// Where a reply goes: a UDP client, or a TCP connection if there is one.
  struct Destination {
    boost::asio::ip::udp::endpoint client{};
    TcpFront::ConnectionId connection = 0;
  };
  struct DelayedReply {
    Destination to;
    Message message;
  };

  void wait_for_datagrams();
  void read_datagrams();
  void on_tcp_arrival(TcpFront::ConnectionId id, std::span<const std::byte> message,
                      std::uint32_t segments);
  /// Records `packets` packets that carried `message` and answers it if they passed.
  void on_message(std::span<const std::byte> message, const Destination& from, Arrival arrival,
                  std::uint32_t packets);
  [[nodiscard]] Fate admit(const Arrival& arrival);
  void schedule(const Destination& to, const ZoneBehaviour& zone, std::vector<Message> replies);
  void send(const Destination& to, Message message);
  void send_due();

  std::vector<ZoneBehaviour> zones_;
  SlidingLimit interface_;
  TimeWindow silence_;
  Random random_;
  ArrivalRecord record_;
  MessageSummary messages_;
  boost::asio::ip::udp::socket udp_;
  std::unique_ptr<TcpFront> tcp_;
  std::unique_ptr<StampedReceiver> receiver_;
  DelayQueue<DelayedReply> delayed_{kMaxDelayed};
  boost::asio::steady_timer timer_;
  TimePoint timer_due_ = kNever;
};

}  // namespace sluice::lab
