#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "resolver/answer_path.h"
#include "resolver/net/client_tap.h"
#include "resolver/net/query_sink.h"
#include "resolver/net/socket.h"

namespace sluice::net {

/// False for a source that a reply cannot or must not go to: port 0, the unspecified address,
/// multicast and broadcast. Such datagrams are forged.
[[nodiscard]] bool is_answerable(const Endpoint& source) noexcept;

/// True if the query claims to come from the socket, bound to `bound`, that has received it: a
/// reply would come back as the next message.
[[nodiscard]] bool is_from(const ClientRef& client, const Endpoint& bound) noexcept;

/// Answers clients on one UDP address: whole batches of datagrams in, hits answered in place from
/// the cache in one batch out, misses to the sink after the hits have left.
///
/// Replies leave from the address that was asked, on wildcard addresses, too. Decides nothing
/// about a message: that is AnswerPath's.
///
/// Thread-confined to `loop`, but for send(). Does not allocate once listen() has returned. Bound:
/// kBatchSize datagrams at a time and kMaxBatches of these before other work of the loop gets its
/// turn; what waits longer stays in the kernel's buffer.
class UdpListener {
 public:
  static constexpr std::size_t kBatchSize = 32;
  static constexpr int kMaxBatches = 8;
  /// Longer queries are cut, and so get FORMERR; no client sends one over UDP.
  static constexpr std::size_t kMaxQuerySize = 4'096;

  /// `index` is what ClientRef::listener will say. All references must outlive the listener, and
  /// the loop must not run after the listener is gone.
  UdpListener(boost::asio::io_context& loop, std::uint16_t index, AnswerPath& answers,
              QuerySink& sink, ClientTap& tap);
  ~UdpListener();

  /// Opens the socket and starts to answer. Returns where it is bound, which tells the port if
  /// `endpoint` left it to the kernel; or one line for the operator. Call once.
  [[nodiscard]] Result<Endpoint, std::string> listen(const Endpoint& endpoint, PortSharing sharing);

  /// Sends the reply to a query that went to the sink; counts it in `counters`, which are the
  /// calling thread's. Any thread, between listen() and the destructor.
  void send(const ClientRef& client, std::span<const std::byte> message,
            WorkerCounters& counters) noexcept;

  /// Datagrams that the kernel has dropped since the socket's buffer was full. Any thread.
  [[nodiscard]] std::uint32_t drops() const noexcept;

  /// Takes no more queries; send() goes on working.
  void stop();

 private:
  struct Batch;

  void wait();
  [[nodiscard]] std::size_t receive();
  void take(std::size_t slot, TimePoint now) noexcept;
  void send_replies() noexcept;

  mutable boost::asio::posix::stream_descriptor socket_;  // asking for its handle changes nothing
  AnswerPath& answers_;
  QuerySink& sink_;
  ClientTap& tap_;
  std::unique_ptr<Batch> batch_;
  Endpoint bound_;
  std::uint16_t index_;
  bool stopped_ = false;
};

}  // namespace sluice::net
