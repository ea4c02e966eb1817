#include "tests/lab/workload.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "resolver/dns/message.h"

namespace sluice::lab {

namespace {

/// Appends labels and numbers to a query in a buffer that is always large enough.
class QueryWriter {
 public:
  explicit QueryWriter(QueryBuffer& buffer) noexcept : buffer_{buffer} {}

  void u16(std::uint16_t value) noexcept {
    dns::write_u16(buffer_, size_, value);
    size_ += 2;
  }
  void label(std::string_view text) noexcept {
    begin_label();
    put(text);
    end_label();
  }
  void begin_label() noexcept { label_start_ = size_++; }
  void put(std::string_view text) noexcept {
    for (const char c : text) buffer_[size_++] = static_cast<std::byte>(c);
  }
  void put(std::uint64_t number) noexcept {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    put({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  void end_label() noexcept {
    buffer_[label_start_] = static_cast<std::byte>(size_ - label_start_ - 1);
  }
  void root() noexcept { buffer_[size_++] = std::byte{0}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  QueryBuffer& buffer_;
  std::size_t size_ = 0;
  std::size_t label_start_ = 0;
};

void write_reverse_name(QueryWriter& writer, std::uint32_t address) noexcept {
  for (int shift = 0; shift < 32; shift += 8) {
    writer.begin_label();
    writer.put(std::uint64_t{address >> shift & 0xff});
    writer.end_label();
  }
  writer.label("in-addr");
  writer.label("arpa");
  writer.root();
}

}  // namespace

std::span<const std::byte> Workload::write_query(LookupKind kind, std::uint64_t number,
                                                 std::uint16_t id,
                                                 QueryBuffer& buffer) const noexcept {
  QueryWriter writer{buffer};
  writer.u16(id);
  writer.u16(dns::Header::kRd);
  writer.u16(1);
  for (int section = 0; section < 3; ++section) writer.u16(0);
  if (kind == LookupKind::ptr) {
    write_reverse_name(writer, ptr_address(number));
    writer.u16(static_cast<std::uint16_t>(dns::Type::ptr));
  } else {
    writer.begin_label();
    writer.put("www-");
    writer.put(ordinary_names == 0 ? number : number % ordinary_names);
    writer.end_label();
    writer.begin_label();
    writer.put("s");
    writer.put(seed);
    writer.end_label();
    writer.label("corp");
    writer.label("example");
    writer.root();
    writer.u16(static_cast<std::uint16_t>(dns::Type::a));
  }
  writer.u16(static_cast<std::uint16_t>(dns::Class::in));
  return std::span{buffer}.first(writer.size());
}

std::uint32_t Workload::ptr_address(std::uint64_t number) const noexcept {
  constexpr std::uint32_t kFirst = 104U << 24 | 16U << 16;
  // Odd, so that multiplying is a permutation of the 2^20 addresses.
  constexpr std::uint64_t kStride = 0x9e3b1;
  const std::uint64_t index = number % std::max<std::uint64_t>(ptr_names, 1);
  return kFirst + static_cast<std::uint32_t>((index * kStride + seed) % kPtrNames);
}

std::uint64_t Workload::distinct_ptr_names(std::uint64_t lookups) const noexcept {
  return std::min({lookups, ptr_names, kPtrNames});
}

}  // namespace sluice::lab
