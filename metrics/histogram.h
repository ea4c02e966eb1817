#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "resolver/base/clock.h"

namespace sluice::metrics {

/// A family of durations: declared once, in a table, as counters are.
template <typename Which>
struct HistogramSpec {
  Which id;
  const char* name;    ///< sluice_<noun>_seconds
  const char* labels;  ///< as for Spec
  const char* help;
};

/// How often durations fell into each of a fixed set of ranges that fit DNS, and their sum.
///
/// Written by one thread alone, read by the exporter at any time, as CounterBlock is. A reading is
/// not one moment: its sum may know of a duration that its counts do not.
class DurationHistogram {
 public:
  /// The upper ends of the ranges, ends included; what is longer falls into one more.
  static constexpr std::array<Duration, 16> kBounds{100us, 250us,  500us, 1ms,   2500us, 5ms,
                                                    10ms,  25ms,   50ms,  100ms, 250ms,  500ms,
                                                    1s,    2500ms, 5s,    10s};
  static constexpr std::size_t kRanges = kBounds.size() + 1;

  struct Reading {
    std::array<std::uint64_t, kRanges> counts{};  ///< of each range alone
    Duration sum{};

    void add(const Reading& other) noexcept {
      for (std::size_t i = 0; i < kRanges; ++i) counts[i] += other.counts[i];
      sum += other.sum;
    }
    /// Those longer than `bound`, which is one of kBounds.
    [[nodiscard]] std::uint64_t longer_than(Duration bound) const noexcept {
      std::uint64_t total = counts[kBounds.size()];
      for (std::size_t i = kBounds.size(); i > 0 && kBounds[i - 1] > bound; --i)
        total += counts[i - 1];
      return total;
    }
    [[nodiscard]] std::uint64_t total() const noexcept {
      std::uint64_t total = 0;
      for (const std::uint64_t count : counts) total += count;
      return total;
    }
  };

  /// Takes in `times` durations of this length.
  void observe(Duration duration, std::uint64_t times = 1) noexcept {
    const auto range = static_cast<std::size_t>(
        std::lower_bound(kBounds.begin(), kBounds.end(), duration) - kBounds.begin());
    add(counts_[range], times);
    add(sum_, static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count()) * times);
  }
  [[nodiscard]] Reading read() const noexcept {
    Reading reading;
    for (std::size_t i = 0; i < kRanges; ++i)
      reading.counts[i] = counts_[i].load(std::memory_order_relaxed);
    reading.sum = Duration{static_cast<Duration::rep>(sum_.load(std::memory_order_relaxed))};
    return reading;
  }
  void reset() noexcept {
    for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
    sum_.store(0, std::memory_order_relaxed);
  }

 private:
  static void add(std::atomic<std::uint64_t>& value, std::uint64_t n) noexcept {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kRanges> counts_{};
  std::atomic<std::uint64_t> sum_{};
};

/// The histograms that belong to the owner of the counters `Id`: none, unless its table says so.
template <typename Id>
struct HistogramsOf {
  enum class Which : std::uint8_t { count_ };
  static constexpr std::array<HistogramSpec<Which>, 0> kTable{};
};

}  // namespace sluice::metrics
