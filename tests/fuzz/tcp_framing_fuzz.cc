// A client's TCP stream, cut up in any way, beside a model that holds all of it: the same messages
// come out, replies leave framed and in order, and every bound of the connection holds.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"
#include "resolver/net/tcp_connection.h"
#include "tests/fuzz/octets.h"
#include "tests/fuzz/script.h"

namespace {

using namespace sluice;
using fuzz::Bytes;
using fuzz::equal;
using fuzz::Script;
using net::TcpConnection;

void append_framed(Bytes& stream, std::span<const std::byte> message) {
  const std::size_t begin = stream.size();
  stream.resize(begin + 2);
  dns::write_u16(stream, begin, static_cast<std::uint16_t>(message.size()));
  stream.insert(stream.end(), message.begin(), message.end());
}

/// The connection, and what must be true of it.
class Machine {
 public:
  explicit Machine(Duration idle_timeout) : idle_timeout_{idle_timeout}, connection_{now_} {}

  void run(Script script) {
    while (!script.is_over()) {
      step(script);
      check();
    }
    drain();
  }

 private:
  static constexpr TimePoint kStart{1000s};

  void step(Script& script) {
    switch (script.next(9)) {
      case 0:
        return arrive(script.take(script.next(256)));
      case 1:
        return arrive(message(script));
      case 2:  // as many small queries as a client likes
        return arrive_messages(script);
      case 3:
        return take_messages(script.next(256), Answer::later);
      case 4:
        return take_messages(script.next(8), Answer::at_once);
      case 5:
        return answer(message(script));
      case 6:
        return begin_write();
      case 7:
        return end_write();
      case 8:
        now_ += std::chrono::milliseconds{script.next(256) * 50};
        if (script.next(16) == 0) end_input();
        return;
    }
  }

  static Bytes message(Script& script) {
    const std::size_t size = script.next_u16();
    return Bytes(size, static_cast<std::byte>(script.next(256)));
  }

  /// Octets come in as long as the connection wants them; the rest stays in the kernel.
  void arrive(std::span<const std::byte> octets) {
    while (!octets.empty() && connection_.wants_input() && !has_whole_message()) {
      const auto room = connection_.room();
      SLUICE_ASSERT(!room.empty());
      SLUICE_ASSERT(held() + room.size() <=
                    std::max(TcpConnection::kUsualBuffer, 2 + dns::kMaxMessageSize));
      const auto chunk = octets.first(std::min(octets.size(), room.size()));
      std::copy(chunk.begin(), chunk.end(), room.begin());
      connection_.received(chunk.size());
      stream_.insert(stream_.end(), chunk.begin(), chunk.end());
      octets = octets.subspan(chunk.size());
    }
  }

  void arrive_messages(Script& script) {
    const unsigned count = script.next(256);
    const std::size_t size = script.next(16);
    Bytes messages;
    for (unsigned i = 0; i < count; ++i)
      append_framed(messages, Bytes(size, static_cast<std::byte>(i)));
    arrive(messages);
  }

  enum class Answer { later, at_once };

  void take_messages(unsigned most, Answer when) {
    for (unsigned i = 0; i <= most; ++i) {
      const auto expected = next_in_stream();
      const auto message = connection_.next_message(now_);
      SLUICE_ASSERT(message.has_value() == expected.has_value());
      if (!message) return;
      SLUICE_ASSERT(equal(*message, *expected));
      taken_ += 2 + message->size();
      last_activity_ = now_;
      if (when == Answer::later) {
        connection_.expect_answer();
        ++unanswered_;
      } else {
        reply(*message);
      }
    }
  }

  void answer(const Bytes& reply) {
    if (unanswered_ == 0) return;
    --unanswered_;
    const bool fits = has_room_for(reply);
    SLUICE_ASSERT(connection_.add_answer(reply) == fits);
    note_reply(reply, fits);
  }

  void reply(std::span<const std::byte> message) {
    const bool fits = has_room_for(message);
    SLUICE_ASSERT(connection_.add_reply(message) == fits);
    note_reply(message, fits);
  }

  void note_reply(std::span<const std::byte> message, bool fits) {
    if (fits)
      append_framed(waiting_, message);
    else
      overflowed_ = true;
  }

  void begin_write() {
    const auto octets = connection_.begin_write(now_);
    if (!leaving_.empty()) {
      SLUICE_ASSERT(octets.empty());
      return;
    }
    leaving_.swap(waiting_);
    SLUICE_ASSERT(equal(octets, leaving_));
    write_begin_ = now_;
    written_from_ = octets;
  }

  void end_write() {
    if (leaving_.empty()) return;
    // Whatever has happened since, the octets of a write under way are where they were.
    SLUICE_ASSERT(equal(written_from_, leaving_));
    leaving_.clear();
    connection_.written(now_);
    last_activity_ = now_;
  }

  void end_input() {
    connection_.end_input();
    input_ended_ = true;
  }

  void check() const {
    const bool has_enough = unanswered_ >= TcpConnection::kMaxUnanswered ||
                            pending() >= TcpConnection::kOutputHighWater;
    SLUICE_ASSERT(unanswered_ <= TcpConnection::kMaxUnanswered);
    SLUICE_ASSERT(pending() <= TcpConnection::kMaxOutput);
    SLUICE_ASSERT(connection_.wants_input() == (!input_ended_ && !has_enough));
    SLUICE_ASSERT(connection_.is_finished() ==
                  (overflowed_ || (input_ended_ && unanswered_ == 0 && pending() == 0)));
    const Duration patience =
        unanswered_ > 0 ? std::max(idle_timeout_, TcpConnection::kAnswerPatience) : idle_timeout_;
    const TimePoint idle = last_activity_ + patience;
    SLUICE_ASSERT(connection_.idle_at(idle_timeout_) ==
                  (leaving_.empty() ? idle : std::min(idle, write_begin_ + idle_timeout_)));
  }

  /// The client closes its half and is served to the end.
  void drain() {
    end_input();
    while (unanswered_ > 0) answer(Bytes(12));
    end_write();
    begin_write();
    end_write();
    check();
    SLUICE_ASSERT(connection_.is_finished());
  }

  [[nodiscard]] std::size_t pending() const { return waiting_.size() + leaving_.size(); }
  [[nodiscard]] bool has_room_for(std::span<const std::byte> reply) const {
    return pending() + 2 + reply.size() <= TcpConnection::kMaxOutput;
  }
  [[nodiscard]] std::size_t held() const { return stream_.size() - taken_; }
  [[nodiscard]] bool has_whole_message() const {
    return held() >= 2 && held() >= 2U + dns::read_u16(stream_, taken_);
  }
  [[nodiscard]] std::optional<std::span<const std::byte>> next_in_stream() const {
    if (!connection_.wants_input() || !has_whole_message()) return std::nullopt;
    return std::span{stream_}.subspan(taken_ + 2, dns::read_u16(stream_, taken_));
  }

  TimePoint now_ = kStart;
  Duration idle_timeout_;
  TcpConnection connection_;
  Bytes stream_;           // all that has ever been put in
  std::size_t taken_ = 0;  // of it, by next_message()
  Bytes waiting_;
  Bytes leaving_;
  std::span<const std::byte> written_from_;
  std::size_t unanswered_ = 0;
  TimePoint last_activity_ = kStart;
  TimePoint write_begin_{};
  bool input_ended_ = false;
  bool overflowed_ = false;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1'024) return 0;  // an octet may stand for 64 KiB
  Script script{std::as_bytes(std::span{data, size})};
  const Duration idle_timeout = std::chrono::milliseconds{100 * (1 + script.next(256))};
  Machine{idle_timeout}.run(script);
  return 0;
}
