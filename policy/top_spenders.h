#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/spender.h"
#include "resolver/dns/constants.h"
#include "resolver/dns/name.h"

namespace sluice::policy {

/// What questions have cost, and what came of it.
struct Spending {
  std::uint64_t packets = 0;   ///< sent to upstreams, retries among them
  std::uint64_t failures = 0;  ///< tries that brought no usable answer
  std::uint64_t waits = 0;     ///< times that a packet had to be waited for
  Duration waited{};           ///< for these, together

  void add(const Spending& other) noexcept {
    packets += other.packets;
    failures += other.failures;
    waits += other.waits;
    waited += other.waited;
  }
};

/// Who spends most packets, on which names, over the last minute and the last hour.
///
/// Counts {spender, suffix, type} with the space-saving algorithm (Metwally, Agrawal, El Abbadi:
/// "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005): whoever spends
/// more than one packet in kTracked of a slice is certainly among those counted there, and no count
/// is too low. A window is made of kSlices slices, the oldest of which is forgotten as a whole, so
/// a window tells of between 5/6 of its time and all of it.
///
/// Decides nothing. Thread-confined to the engine. Never allocates after construction but in top().
/// `now` never goes backwards. Bound: kTracked entries in each of 2 x kSlices slices, 250 KiB.
class TopSpenders {
 public:
  static constexpr std::size_t kTracked = 64;
  static constexpr std::size_t kSlices = 6;

  enum class Window : std::uint8_t { minute, hour };
  [[nodiscard]] static constexpr Duration length(Window window) noexcept {
    return window == Window::minute ? Duration{60s} : Duration{3'600s};
  }

  struct Key {
    Spender spender;
    dns::Name suffix;  ///< of the names that were asked
    dns::Type type{};
  };
  struct Row {
    Key key;
    Spending spent;
    std::uint64_t overcount = 0;  ///< of spent.packets, at most so many were somebody else's
  };
  struct Top {
    Duration covered{};         ///< how far back the rows reach
    std::uint64_t packets = 0;  ///< of all spenders, those without a row, too
    std::vector<Row> rows;      ///< most packets first
  };

  explicit TopSpenders(HashKey hash_key);

  void add(const Key& key, const Spending& spent, TimePoint now) noexcept;
  [[nodiscard]] Top top(Window window, std::size_t at_most, TimePoint now) const;

 private:
  /// One part of a window's time.
  struct Slice {
    TimePoint since = kNever;  // kNever: nothing in it
    std::uint64_t packets = 0;
    std::size_t size = 0;
    std::array<std::uint64_t, kTracked> hashes{};  // of the rows, apart for a fast look through
    std::vector<Row> rows = std::vector<Row>(kTracked);

    void add(std::uint64_t hash, const Key& key, const Spending& spent) noexcept;
  };
  struct Ring {
    std::array<Slice, kSlices> slices;
    std::size_t current = 0;
  };

  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept;
  static void turn(Ring& ring, Window window, TimePoint now) noexcept;

  HashKey hash_key_;
  std::array<Ring, 2> rings_;  // by Window
};

}  // namespace sluice::policy
