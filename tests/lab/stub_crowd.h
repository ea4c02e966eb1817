#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/random.h"
#include "resolver/base/slab.h"
#include "tests/lab/delay_queue.h"
#include "tests/lab/habit.h"
#include "tests/lab/latencies.h"
#include "tests/lab/lookup_record.h"
#include "tests/lab/workload.h"

namespace sluice::lab {

/// What became of the look-ups of one kind. asked = answered + failed + silent + late + those that
/// are still unfinished.
struct Tally {
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;  ///< NOERROR or NXDOMAIN within the client's patience
  std::uint64_t failed = 0;    ///< SERVFAIL or another error at the last try
  std::uint64_t silent = 0;    ///< no reply to the last try
  std::uint64_t late = 0;      ///< answered when nobody waited any more
  std::uint64_t skipped = 0;   ///< never asked: all slots were taken
  std::uint64_t packets = 0;
  std::uint64_t timeouts = 0;  ///< tries without a reply in time
  std::array<std::uint64_t, 16> replies_by_rcode{};
  Latencies answer_latency;  ///< first try to answer
  Latencies reply_latency;   ///< each try to its reply, whatever it says
};

/// Many stub resolvers on this host: they ask one server over UDP, time out and ask again, each
/// kind of look-up by its habit, from a pool of sockets with ports of their own.
///
/// Never slows down for a slow server. Thread-confined to the io_context's thread; must live as
/// long as that runs. Bound: kMaxLookups unfinished look-ups, or kMaxLookupsPerSocket for each
/// socket of a kind if these are fewer; beyond it look-ups are skipped.
class StubCrowd {
 public:
  static constexpr std::size_t kMaxLookups = 1 << 18;
  /// A quarter of the IDs, so that a free one is soon found.
  static constexpr std::size_t kMaxLookupsPerSocket = 1 << 14;
  static constexpr std::size_t kMaxTimers = 1 << 21;

  struct Options {
    Endpoint server{};
    std::uint32_t sockets = 2'000;  ///< for each kind; fewer if the process may not open as many
    /// Source addresses of each kind, taken in turn by its look-ups; none: any.
    std::array<std::vector<Address>, kLookupKinds> from{};
    std::array<Habit, kLookupKinds> habits{kGlibc, kBatchJob};
    Workload workload{};
    std::size_t max_recorded = 0;  ///< look-ups that record() keeps
  };

  /// Throws boost::system::system_error if not even one socket can be opened for each kind.
  StubCrowd(boost::asio::io_context& io, const Options& options);
  StubCrowd(const StubCrowd&) = delete;
  StubCrowd& operator=(const StubCrowd&) = delete;

  /// Begins look-up `number` of `kind`.
  void ask(LookupKind kind, std::uint64_t number, TimePoint now);
  /// Carries out time-outs and pauses that are over.
  void on_time(TimePoint now);
  /// Records every look-up that has not ended. For the end of a run.
  void record_unfinished(TimePoint now);

  [[nodiscard]] Tally& tally(LookupKind kind) noexcept { return tallies_[index(kind)]; }
  [[nodiscard]] std::uint64_t unfinished(LookupKind kind) const noexcept {
    return unfinished_[index(kind)];
  }
  [[nodiscard]] std::size_t socket_count() const noexcept { return sockets_.size(); }
  /// Replies to no question that is open: too late, twice, or forged.
  [[nodiscard]] std::uint64_t unexpected_replies() const noexcept { return unexpected_; }
  [[nodiscard]] std::uint64_t send_errors() const noexcept { return send_errors_; }
  [[nodiscard]] const LookupRecord& record() const noexcept { return record_; }

 private:
  struct Lookup {
    std::uint64_t number = 0;
    TimePoint first_asked{};
    TimePoint last_asked{};
    std::uint32_t socket = 0;
    std::uint32_t tries = 0;
    std::uint16_t id = 0;
    LookupKind kind{};
    std::optional<ReplyCodes> last_reply;
    bool is_waiting = false;  // for a reply; else for the end of a pause
  };
  using Index = Slab<Lookup>::Index;
  /// Is over for a look-up that has gone on since: another generation, or another try.
  struct Timer {
    Index lookup;
    std::uint32_t generation;
    std::uint32_t tries;
    bool is_pause;
  };

  static constexpr std::size_t index(LookupKind kind) noexcept {
    return static_cast<std::size_t>(kind);
  }
  static constexpr std::uint64_t key(std::uint32_t socket, std::uint16_t id) noexcept {
    return std::uint64_t{socket} << 16 | id;
  }

  void open_sockets(boost::asio::io_context& io, LookupKind kind);
  void wait_for_replies(std::uint32_t socket);
  void read_replies(std::uint32_t socket);
  void on_reply(std::uint32_t socket, std::span<const std::byte> reply, TimePoint now);
  void send_try(Index i, TimePoint now);
  void choose_port_and_id(Index i);
  void stop_waiting(Lookup& lookup);
  void on_failure(Index i, TimePoint now);
  void on_timeout(Index i, TimePoint now);
  void finish(Index i, Outcome outcome, TimePoint now);
  void record(const Lookup& lookup, Outcome outcome, TimePoint now);
  void start_timer(Index i, TimePoint due, bool is_pause);

  Options options_;
  Random random_;
  std::vector<boost::asio::ip::udp::socket> sockets_;  // ordinary first, then ptr
  std::array<std::uint32_t, kLookupKinds> first_socket_{};
  std::array<std::uint32_t, kLookupKinds> socket_counts_{};
  std::array<std::uint32_t, kLookupKinds> next_socket_{};
  Slab<Lookup> lookups_{0};
  std::unordered_map<std::uint64_t, Index> waiting_;  // by socket and ID
  DelayQueue<Timer> timers_{kMaxTimers};
  std::array<Tally, kLookupKinds> tallies_;
  LookupRecord record_;
  std::array<std::uint64_t, kLookupKinds> unfinished_{};
  std::uint64_t unexpected_ = 0;
  std::uint64_t send_errors_ = 0;
};

}  // namespace sluice::lab
