#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::net {

/// A client's TCP connection without its socket: cuts messages out of the stream (two octets of
/// length before each, RFC 1035 section 4.2.2), collects replies until they are written, and says
/// when to read, to write and to close (RFC 7766). Pure: bytes and time come in as arguments.
///
/// Any number of queries may be under way at once and replies leave in the order they come about
/// (RFC 7766 sections 6.2.1.1 and 7). What bounds a connection:
///   - kMaxUnanswered queries or kOutputHighWater octets of replies not yet written: nothing more
///     is read until some have gone;
///   - kMaxOutput octets of replies: the client does not read, the connection is finished;
///   - the idle time-out, from the last *whole* message in or the last write that ended, so that a
///     message sent an octet at a time is cut off, too (RFC 7766 section 6.2.3);
///   - the same for each write: a client that asks on, but does not read, is cut off as well.
///
/// Thread-confined. Allocates for its buffers, and gives back what a burst took.
class TcpConnection {
 public:
  static constexpr std::size_t kMaxUnanswered = 128;
  static constexpr std::size_t kOutputHighWater = std::size_t{64} << 10;
  static constexpr std::size_t kMaxOutput = std::size_t{1} << 20;
  /// What is kept for input and for output of a connection at rest.
  static constexpr std::size_t kUsualBuffer = 4'096;
  /// While queries are unanswered the idle time-out is at least this: longer than any is worked on.
  static constexpr Duration kAnswerPatience = 10s;

  explicit TcpConnection(TimePoint now) noexcept : last_activity_{now} {}

  // Input.
  /// False while the connection has enough to do, and after end_input().
  [[nodiscard]] bool wants_input() const noexcept;
  /// Where the next octets go, at least one; valid until the next call. Requires wants_input() and
  /// that next_message() has found nothing more.
  [[nodiscard]] std::span<std::byte> room();
  /// So many octets have been put into room().
  void received(std::size_t size) noexcept;
  /// The next whole message without its length; valid until room(). nullopt if there is none or
  /// the connection has enough to do.
  [[nodiscard]] std::optional<std::span<const std::byte>> next_message(TimePoint now) noexcept;
  /// Nothing more is read: the client has closed its half, or sent what no client sends. Queries
  /// already taken still get their replies.
  void end_input() noexcept { input_ended_ = true; }

  // Replies.
  /// The reply to the message taken last will come later.
  void expect_answer() noexcept { ++unanswered_; }
  /// Adds a reply that was expected. False if it finds kMaxOutput reached: the connection is
  /// finished.
  [[nodiscard]] bool add_answer(std::span<const std::byte> message);
  /// Adds a reply at once; else as above.
  [[nodiscard]] bool add_reply(std::span<const std::byte> message);
  /// All that can be written now, each message behind its length; valid until written(). Empty if
  /// there is nothing or the last write has not ended.
  [[nodiscard]] std::span<const std::byte> begin_write(TimePoint now) noexcept;
  void written(TimePoint now) noexcept;

  // The end.
  /// Nothing is read, owed or to be written any more: close.
  [[nodiscard]] bool is_finished() const noexcept;
  /// Queries taken are unanswered.
  [[nodiscard]] bool is_busy() const noexcept { return unanswered_ > 0; }
  /// When the connection counts as idle unless something happens; perhaps it does already.
  [[nodiscard]] TimePoint idle_at(Duration idle_timeout) const noexcept;

 private:
  [[nodiscard]] bool has_enough_to_do() const noexcept;
  [[nodiscard]] std::size_t pending_output() const noexcept {
    return waiting_.size() + leaving_.size();
  }

  TimePoint last_activity_;
  TimePoint write_begin_{};  // of the write under way
  std::vector<std::byte> input_;
  std::size_t input_begin_ = 0;  // of the octets not yet taken
  std::size_t input_end_ = 0;
  std::vector<std::byte> waiting_;  // replies for the next write
  std::vector<std::byte> leaving_;  // being written
  std::size_t unanswered_ = 0;
  bool input_ended_ = false;
  bool overflowed_ = false;
};

}  // namespace sluice::net
