#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/net/socket.h"

namespace sluice::net {

/// What else the network allows an interface, and drops packets for: bits in and out, packets, and
/// connections tracked. Nothing to do with DNS, but with why a host is slow.
enum class Allowance : std::uint8_t { bw_in, bw_out, pps, conntrack, count_ };

/// Packets dropped on their account, by enumerator; nullopt where nobody counts.
using OtherAllowances =
    std::array<std::optional<std::uint64_t>, static_cast<std::size_t>(Allowance::count_)>;

/// Where the network says how many packets it has dropped because interfaces sent too many.
class AllowanceSource {
 public:
  AllowanceSource() = default;
  AllowanceSource(const AllowanceSource&) = delete;
  AllowanceSource& operator=(const AllowanceSource&) = delete;
  virtual ~AllowanceSource() = default;

  /// The count since some time in the past, of all `interfaces` together; smaller than before if a
  /// driver was reset. nullopt if there is no such count (now).
  [[nodiscard]] virtual std::optional<std::uint64_t> read(
      const std::vector<std::string>& interfaces) = 0;
  /// The counts beside it, as of the last read().
  [[nodiscard]] virtual OtherAllowances others() const { return {}; }
};

/// By the configuration's allowance_counter: the driver's for conf::kFromDriver, a file's for a
/// path, null for none.
[[nodiscard]] std::unique_ptr<AllowanceSource> make_allowance_source(const std::string& setting);

/// Counters of a network driver, by their names in `ethtool -S` (SIOCETHTOOL). Needs no privilege.
///
/// A read may be a command to the device (the ENA driver asks its own): once a second is enough.
/// Remembers where the counters stand among the driver's. Thread-confined.
class EthtoolAllowanceSource final : public AllowanceSource {
 public:
  /// The count that read() gives, then the others in the order of Allowance.
  using Names = std::array<std::string, 1 + static_cast<std::size_t>(Allowance::count_)>;
  [[nodiscard]] static Names ena_names();

  explicit EthtoolAllowanceSource(Names names = ena_names());
  [[nodiscard]] std::optional<std::uint64_t> read(
      const std::vector<std::string>& interfaces) override;
  [[nodiscard]] OtherAllowances others() const override { return others_; }

 private:
  using Counts = std::array<std::optional<std::uint64_t>, std::tuple_size_v<Names>>;

  /// Where the counters stand among an interface's `size`.
  struct Place {
    std::uint32_t size = 0;
    std::array<std::optional<std::uint32_t>, std::tuple_size_v<Names>> indexes{};  ///< if any
  };

  [[nodiscard]] Counts read_one(const std::string& interface, Place& place);
  [[nodiscard]] std::optional<std::uint32_t> count(const std::string& interface) const;
  [[nodiscard]] Place find(const std::string& interface, std::uint32_t size) const;

  Names names_;
  OtherAllowances others_{};
  Socket socket_;
  std::map<std::string, Place> places_;  // of the interfaces read last
};

/// A decimal number in a file, which something else keeps true: for clouds that count elsewhere,
/// and for containers that cannot see the interface. nullopt while the file has none.
class FileAllowanceSource final : public AllowanceSource {
 public:
  explicit FileAllowanceSource(std::string path) : path_{std::move(path)} {}
  [[nodiscard]] std::optional<std::uint64_t> read(
      const std::vector<std::string>& interfaces) override;

 private:
  std::string path_;
};

}  // namespace sluice::net
