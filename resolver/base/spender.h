#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "resolver/base/endpoint.h"
#include "resolver/base/hash.h"

namespace sluice {

/// What a Spender is told apart by, the vaguest first and last.
enum class SpenderKind : std::uint8_t {
  unknown,  ///< nobody can say, such as a program that closed its socket at once
  address,  ///< a client of the network
  cgroup,   ///< a service, container or session of this host
  process,  ///< a user's programs of one name, where cgroups do not tell them apart
  user,     ///< a user's programs, for as long as no more is known of them
};

/// Who asks, and so whose questions cost packets. A plain value of fixed size that the engine can
/// compare, hash and keep; what it is called is another matter (net::SpenderWords).
///
/// Stable for as long as the process lives: command hashes are keyed anew with each start.
struct Spender {
  SpenderKind kind = SpenderKind::unknown;
  std::array<std::byte, 16> value{};  ///< what it means depends on the kind

  bool operator==(const Spender&) const = default;

  /// The whole address, without scope; IPv4 as ::ffff:192.0.2.1.
  [[nodiscard]] static Spender of_address(const Address& address) noexcept {
    Spender spender{.kind = SpenderKind::address};
    if (address.family == Address::Family::ipv4) {
      spender.value[10] = spender.value[11] = std::byte{0xff};
      std::memcpy(&spender.value[kIpv4At], address.bytes.data(), 4);
    } else {
      std::memcpy(spender.value.data(), address.bytes.data(), spender.value.size());
    }
    return spender;
  }
  [[nodiscard]] static Spender of_cgroup(std::uint64_t id) noexcept {
    Spender spender{.kind = SpenderKind::cgroup};
    std::memcpy(spender.value.data(), &id, sizeof id);
    return spender;
  }
  [[nodiscard]] static Spender of_process(std::uint32_t uid, std::uint64_t command_hash) noexcept {
    Spender spender{.kind = SpenderKind::process};
    std::memcpy(spender.value.data(), &uid, sizeof uid);
    std::memcpy(&spender.value[kHashAt], &command_hash, sizeof command_hash);
    return spender;
  }
  [[nodiscard]] static Spender of_user(std::uint32_t uid) noexcept { return of_socket(uid, 0); }
  /// A user's program of which only a socket is known yet. Who accounts for it asks again later,
  /// and tells without_socket() if that has brought nothing.
  [[nodiscard]] static Spender of_socket(std::uint32_t uid, std::uint64_t inode) noexcept {
    Spender spender{.kind = SpenderKind::user};
    std::memcpy(spender.value.data(), &uid, sizeof uid);
    std::memcpy(&spender.value[kHashAt], &inode, sizeof inode);
    return spender;
  }

  /// Of an `address` only.
  [[nodiscard]] Address address() const noexcept {
    constexpr std::array<std::byte, kIpv4At> kMapped{
        {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xff}, std::byte{0xff}}};
    Address address{.family = Address::Family::ipv6};
    if (std::memcmp(value.data(), kMapped.data(), kMapped.size()) == 0) {
      address.family = Address::Family::ipv4;
      std::memcpy(address.bytes.data(), &value[kIpv4At], 4);
    } else {
      std::memcpy(address.bytes.data(), value.data(), value.size());
    }
    return address;
  }
  /// Of a `cgroup` only.
  [[nodiscard]] std::uint64_t cgroup_id() const noexcept {
    std::uint64_t id;
    std::memcpy(&id, value.data(), sizeof id);
    return id;
  }
  /// Of a `process` or `user` only.
  [[nodiscard]] std::uint32_t uid() const noexcept {
    std::uint32_t uid;
    std::memcpy(&uid, value.data(), sizeof uid);
    return uid;
  }

  /// Of a `user` only; 0: none.
  [[nodiscard]] std::uint64_t inode() const noexcept {
    std::uint64_t inode;
    std::memcpy(&inode, &value[kHashAt], sizeof inode);
    return inode;
  }
  [[nodiscard]] Spender without_socket() const noexcept {
    return kind == SpenderKind::user ? of_user(uid()) : *this;
  }

  [[nodiscard]] std::uint64_t hash(HashKey key) const noexcept {
    SipHasher hasher{key};
    hasher.add(std::span{value});
    hasher.add(static_cast<std::uint64_t>(kind));
    return hasher.finish();
  }

 private:
  static constexpr std::size_t kIpv4At = 12;
  static constexpr std::size_t kHashAt = 8;
};

}  // namespace sluice
