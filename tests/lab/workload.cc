#include "tests/lab/workload.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "resolver/dns/message.h"

namespace sluice::lab {

namespace {

struct NumberedLabel {
  std::string_view prefix;
  std::uint64_t number;
};

/// Appends labels and numbers to a query in a buffer that is always large enough.
class QueryWriter {
 public:
  explicit QueryWriter(QueryBuffer& buffer) noexcept : buffer_{buffer} {}

  void u16(std::uint16_t value) noexcept {
    dns::write_u16(buffer_, size_, value);
    size_ += 2;
  }
  void label(std::string_view text) noexcept {
    put_size(text.size());
    put(text);
  }
  void numbered_label(const NumberedLabel& numbered) noexcept {
    std::array<char, 20> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), numbered.number).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    put_size(numbered.prefix.size() + count);
    put(numbered.prefix);
    put({digits.data(), count});
  }
  void root() noexcept { buffer_[size_++] = std::byte{0}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void put_size(std::size_t size) noexcept { buffer_[size_++] = static_cast<std::byte>(size); }
  void put(std::string_view text) noexcept {
    for (const char c : text) buffer_[size_++] = static_cast<std::byte>(c);
  }

  QueryBuffer& buffer_;
  std::size_t size_ = 0;
};

/// The number behind the prefix in a label, then sSEED.ZONE.example.
void write_forward_name(QueryWriter& writer, const NumberedLabel& first, std::uint64_t seed,
                        std::string_view zone) noexcept {
  writer.numbered_label(first);
  writer.numbered_label({"s", seed});
  writer.label(zone);
  writer.label("example");
  writer.root();
}

void write_reverse_name(QueryWriter& writer, std::uint32_t address) noexcept {
  for (int shift = 0; shift < 32; shift += 8)
    writer.numbered_label({"", std::uint64_t{address >> shift & 0xff}});
  writer.label("in-addr");
  writer.label("arpa");
  writer.root();
}

/// A bare OPT record (RFC 6891 section 6.1.2).
void write_opt(QueryWriter& writer) noexcept {
  writer.root();
  writer.u16(static_cast<std::uint16_t>(dns::Type::opt));
  writer.u16(dns::kEdnsUdpSize);
  for (int word = 0; word < 3; ++word) writer.u16(0);  // RCODE, version and flags; RDLENGTH
}

void write_question(const Workload& workload, LookupKind kind, std::uint64_t number,
                    QueryWriter& writer) noexcept {
  const std::uint64_t seed = workload.seed;
  const std::uint64_t storm_number = number % std::max<std::uint64_t>(workload.ptr_names, 1);
  dns::Type type = dns::Type::a;
  if (kind == LookupKind::ordinary) {
    const std::uint64_t names = workload.ordinary_names;
    write_forward_name(writer, {"www-", names == 0 ? number : number % names}, seed, "corp");
  } else if (workload.storm_names == StormNames::broken) {
    write_forward_name(writer, {"n", storm_number}, seed, "broken");
  } else if (workload.storm_names == StormNames::bulk) {
    write_forward_name(writer, {"bulk-", storm_number}, seed, "corp");
  } else {
    write_reverse_name(writer, workload.ptr_address(number));
    type = dns::Type::ptr;
  }
  writer.u16(static_cast<std::uint16_t>(type));
  writer.u16(static_cast<std::uint16_t>(dns::Class::in));
}

}  // namespace

std::span<const std::byte> Workload::write_query(LookupKind kind, std::uint64_t number,
                                                 std::uint16_t id,
                                                 QueryBuffer& buffer) const noexcept {
  QueryWriter writer{buffer};
  writer.u16(id);
  writer.u16(dns::Header::kRd);
  writer.u16(1);
  for (int section = 0; section < 2; ++section) writer.u16(0);
  writer.u16(has_edns ? 1 : 0);
  write_question(*this, kind, number, writer);
  if (has_edns) write_opt(writer);
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
