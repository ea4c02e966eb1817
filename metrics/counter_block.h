#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "metrics/histogram.h"

namespace sluice::metrics {

/// What a row of a table declares.
enum class Kind : std::uint8_t {
  counter,
  gauge,
  histogram,  ///< durations; declared in tables of their own (HistogramSpec)
  peak,       ///< a gauge: the highest value since it was last exported, which forgets it
};

/// One metric: declared once, in a table, and nowhere else. Rows with the same name form a family
/// and differ in their labels.
template <typename Id>
struct Spec {
  Id id;
  Kind kind;
  const char* name;    ///< sluice_<noun>_<unit|total>
  const char* labels;  ///< R"(transport="udp")", "" for none; a small fixed set of values
  const char* help;
  double unit = 1;  ///< what 1 in the block is worth in the unit that `name` says
};

/// True if row i of `table` declares enumerator i: a missing or misplaced row does not compile.
template <template <typename> typename Row, typename Id, std::size_t size>
consteval bool in_enum_order(const std::array<Row<Id>, size>& table) {
  if (size != static_cast<std::size_t>(Id::count_)) return false;
  for (std::size_t i = 0; i < size; ++i)
    if (static_cast<std::size_t>(table[i].id) != i) return false;
  return true;
}

/// The numbers of one writer, one for each enumerator of `Id`, and the histograms that go with
/// them.
///
/// Written by one thread alone, read by the exporter at any time: relaxed loads and stores, no
/// locked instruction. A number read may be a moment old, never torn.
template <typename Id>
class alignas(64) CounterBlock {
 public:
  using Histogram = typename HistogramsOf<Id>::Which;

  void add(Id id, std::uint64_t n = 1) noexcept {
    auto& value = values_[static_cast<std::size_t>(id)];
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// For gauges.
  void set(Id id, std::uint64_t value) noexcept {
    values_[static_cast<std::size_t>(id)].store(value, std::memory_order_relaxed);
  }
  /// For gauges that keep the highest value seen.
  void raise(Id id, std::uint64_t value) noexcept {
    if (value > get(id)) set(id, value);
  }
  void observe(Histogram histogram, Duration duration, std::uint64_t times = 1) noexcept {
    histograms_[static_cast<std::size_t>(histogram)].observe(duration, times);
  }
  [[nodiscard]] DurationHistogram::Reading read(Histogram histogram) const noexcept {
    return histograms_[static_cast<std::size_t>(histogram)].read();
  }
  [[nodiscard]] std::uint64_t get(Id id) const noexcept {
    return values_[static_cast<std::size_t>(id)].load(std::memory_order_relaxed);
  }
  /// The highest value that raise() was given since the last take(). For peaks, where the reader
  /// writes, too: a raise() at the same moment may be lost, never doubled.
  [[nodiscard]] std::uint64_t take(Id id) noexcept {
    return values_[static_cast<std::size_t>(id)].exchange(0, std::memory_order_relaxed);
  }
  /// Back to zero, when a slot gets a new owner. Writer's thread only.
  void reset() noexcept {
    for (auto& value : values_) value.store(0, std::memory_order_relaxed);
    for (DurationHistogram& histogram : histograms_) histogram.reset();
  }

 private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Id::count_)> values_{};
  std::array<DurationHistogram, static_cast<std::size_t>(Histogram::count_)> histograms_{};
};

}  // namespace sluice::metrics
