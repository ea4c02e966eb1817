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

/// The state of SipHash (Aumasson and Bernstein, 2012) with so many rounds for each word and at the
/// end.
template <int kWordRounds, int kFinalRounds>
class SipState {
 public:
  explicit constexpr SipState(HashKey key) noexcept
      : v0_{key.k0 ^ 0x736f6d6570736575},
        v1_{key.k1 ^ 0x646f72616e646f6d},
        v2_{key.k0 ^ 0x6c7967656e657261},
        v3_{key.k1 ^ 0x7465646279746573} {}

  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    for (int i = 0; i < kWordRounds; ++i) round();
    v0_ ^= word;
  }

  [[nodiscard]] std::uint64_t finish() noexcept {
    v2_ ^= 0xff;
    for (int i = 0; i < kFinalRounds; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
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
};

/// SipHash-1-3: a keyed hash strong enough against flooding and short enough for the hit path. Feed
/// it bytes, then finish(). How the bytes are divided counts, and the result is for this process
/// alone: the padding is our own.
///
/// Thread-confined; does not allocate.
class SipHasher {
 public:
  explicit constexpr SipHasher(HashKey key) noexcept : state_{key} {}

  void add(std::span<const std::byte> bytes) noexcept {
    size_ += bytes.size();
    while (bytes.size() >= 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data(), 8);
      state_.absorb(word);
      bytes = bytes.subspan(8);
    }
    std::uint64_t tail = 0;
    std::memcpy(&tail, bytes.data(), bytes.size());
    if (!bytes.empty()) state_.absorb(tail | std::uint64_t{bytes.size()} << 56);
  }

  void add(std::uint64_t word) noexcept {
    size_ += 8;
    state_.absorb(word);
  }

  [[nodiscard]] std::uint64_t finish() noexcept {
    state_.absorb(size_);
    return state_.finish();
  }

 private:
  SipState<1, 3> state_;
  std::uint64_t size_ = 0;
};

/// Reads a number of eight octets whose lowest is the first.
[[nodiscard]] constexpr std::uint64_t read_little_endian(
    std::span<const std::byte, 8> octets) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = octets.size(); i > 0; --i)
    number = number << 8 | std::to_integer<std::uint64_t>(octets[i - 1]);
  return number;
}

/// SipHash-2-4 as its authors define it, octet for octet: for what others compute, too.
[[nodiscard]] inline std::uint64_t sip_hash_2_4(HashKey key,
                                                std::span<const std::byte> bytes) noexcept {
  SipState<2, 4> state{key};
  std::uint64_t last = std::uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8))
    state.absorb(read_little_endian(bytes.first<8>()));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    last |= std::to_integer<std::uint64_t>(bytes[i]) << 8 * i;
  state.absorb(last);
  return state.finish();
}

}  // namespace sluice
