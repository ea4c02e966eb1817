#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/net/socket.h"

namespace sluice::net {

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
};

/// By the configuration's allowance_counter: the driver's for conf::kFromDriver, a file's for a
/// path, null for none.
[[nodiscard]] std::unique_ptr<AllowanceSource> make_allowance_source(const std::string& setting);

/// A counter of a network driver, by its name in `ethtool -S` (SIOCETHTOOL). Needs no privilege.
///
/// A read may be a command to the device (the ENA driver asks its own): once a second is enough.
/// Remembers where the counter stands among the driver's. Thread-confined.
class EthtoolAllowanceSource final : public AllowanceSource {
 public:
  static constexpr const char* kEnaCounter = "linklocal_allowance_exceeded";

  explicit EthtoolAllowanceSource(std::string counter = kEnaCounter);
  [[nodiscard]] std::optional<std::uint64_t> read(
      const std::vector<std::string>& interfaces) override;

 private:
  /// Where the counter stands among an interface's `size`.
  struct Place {
    std::uint32_t size = 0;
    std::optional<std::uint32_t> index;  ///< nullopt: the driver has none of this name
  };

  [[nodiscard]] std::optional<std::uint64_t> read_one(const std::string& interface, Place& place);
  [[nodiscard]] std::optional<std::uint32_t> count(const std::string& interface) const;
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& interface,
                                                  std::uint32_t size) const;

  std::string counter_;
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
