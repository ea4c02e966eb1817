#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sluice {

/// A secret that keys every hash over bytes that strangers choose, so that nobody outside can aim
/// at one bucket.
struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

/// SipHash-1-3 (Aumasson and Bernstein, 2012): a keyed hash strong enough against flooding and
/// short enough for the hit path. Feed it bytes, then finish().
///
/// Thread-confined; does not allocate.
class SipHasher {
 public:
  explicit constexpr SipHasher(HashKey key) noexcept
      : v0_{key.k0 ^ 0x736f6d6570736575},
        v1_{key.k1 ^ 0x646f72616e646f6d},
        v2_{key.k0 ^ 0x6c7967656e657261},
        v3_{key.k1 ^ 0x7465646279746573} {}

  void add(std::span<const std::byte> bytes) noexcept {
    size_ += bytes.size();
    while (bytes.size() >= 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data(), 8);
      absorb(word);
      bytes = bytes.subspan(8);
    }
    std::uint64_t tail = 0;
    std::memcpy(&tail, bytes.data(), bytes.size());
    if (!bytes.empty()) absorb(tail | std::uint64_t{bytes.size()} << 56);
  }

  void add(std::uint64_t word) noexcept {
    size_ += 8;
    absorb(word);
  }

  [[nodiscard]] std::uint64_t finish() noexcept {
    absorb(size_);
    v2_ ^= 0xff;
    round();
    round();
    round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }

  void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t size_ = 0;
};

}  // namespace sluice
