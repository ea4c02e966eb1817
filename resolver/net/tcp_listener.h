#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "resolver/answer_path.h"
#include "resolver/base/clock.h"
#include "resolver/net/client_tap.h"
#include "resolver/net/connection_roster.h"
#include "resolver/net/query_sink.h"
#include "resolver/net/socket.h"

namespace sluice::net {

/// Bounds on clients' TCP connections (RFC 7766 section 6.2.2), over all addresses together.
struct TcpLimits {
  std::size_t connections = 256;
  std::size_t connections_per_client = 64;  ///< of one client_network()
  Duration idle_timeout = 10s;              ///< while there is room: idle_timeout()
};

/// Answers clients over TCP, on any number of addresses: accepts, and moves bytes between sockets
/// and their TcpConnection, which decides when to read, write and close.
///
/// A connection beyond the limits takes the place of an idle one (ConnectionRoster); where there is
/// none, it is closed at once. While the process has no descriptors left, nothing is accepted for
/// kAcceptPause at a time. A connection gets kMessagesPerTurn messages answered, then everything
/// else that the loop has to do comes first, however much it has sent. A message that deserves no
/// answer (a response, or less than a header) ends the input of its connection: a stream out of
/// step does not recover.
///
/// Thread-confined to `loop`, which is the engine's: hits are answered from the cache here, misses
/// go to the sink on the same thread.
class TcpListener {
 public:
  static constexpr Duration kAcceptPause = 100ms;
  static constexpr int kMessagesPerTurn = 32;
  /// The idle time-out is so much shorter while few connections are left.
  static constexpr int kCrowdedDivisor = 4;

  /// All references must outlive the listener, and the loop must not run after the listener is
  /// gone.
  TcpListener(boost::asio::io_context& loop, const TcpLimits& limits, AnswerPath& answers,
              QuerySink& sink, ClientTap& tap);
  ~TcpListener();

  /// Listens on one more address. Returns where it is bound, which tells the port if `endpoint`
  /// left it to the kernel; or one line for the operator.
  [[nodiscard]] Result<Endpoint, std::string> listen(const Endpoint& endpoint);

  /// Sends the reply to a query that went to the sink, on the connection it came by; drops it if
  /// that is gone. Never calls the sink: queries that waited for this are taken once the reply has
  /// been written.
  void send(const ClientRef& client, std::span<const std::byte> message);

  /// Accepts and reads nothing more. Each connection closes once it owes no reply.
  void stop();

  [[nodiscard]] std::size_t open() const noexcept { return sessions_.size(); }

  /// How long a client may leave its connection idle as things are: what to tell those that ask
  /// (RFC 7828 section 3.3.2). A fraction of the limit while more than three quarters of all
  /// connections are in use, and it holds at once for those that are open (section 3.4).
  [[nodiscard]] Duration idle_timeout() const noexcept;

 private:
  struct Acceptor;
  struct Session;
  using SessionId = std::uint64_t;
  enum class Next : std::uint8_t { open, gone };

  void accept(Acceptor& acceptor);
  void accept_later(Acceptor& acceptor);
  void admit(boost::asio::ip::tcp::socket socket, std::uint16_t acceptor_index);
  [[nodiscard]] bool make_room_for(const Address& client);
  [[nodiscard]] Session* find(SessionId id) noexcept;

  void serve(Session& session, TimePoint now);
  void take_messages(Session& session, TimePoint now);
  void take_more_later(Session& session);
  void answer(Session& session, std::span<const std::byte> message, TimePoint now);
  void advance(Session& session, TimePoint now);
  Next write_or_close(Session& session, TimePoint now);
  void read(Session& session);
  void write(Session& session, std::span<const std::byte> bytes);
  void watch_idleness(Session& session, TimePoint now);
  void close(Session& session);

  boost::asio::io_context& loop_;
  TcpLimits limits_;
  AnswerPath& answers_;
  QuerySink& sink_;
  ClientTap& tap_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  ConnectionRoster roster_;
  SessionId last_id_ = 0;
  std::unique_ptr<std::byte[]> out_;  // one reply being made
};

}  // namespace sluice::net
