#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "resolver/dns/message.h"
#include "tests/fuzz/script.h"

namespace sluice::fuzz {

/// An upstream's response as a script tells it: a question and records that are mostly well-formed,
/// of all sizes and in any section, OPT among them. Bytes alone rarely become more than a record or
/// two, and what is left out of a large response would never be seen.
class ScriptedResponse {
 public:
  explicit ScriptedResponse(Script& script) : script_{script} {}

  std::vector<std::byte> make() {
    message_.assign(dns::kHeaderSize, std::byte{0});
    dns::write_u16(message_, 0, 0x1234);
    dns::write_u16(message_, 2, flags());
    dns::write_u16(message_, kQuestionCount, 1);
    question();
    for (const std::size_t count_at : {kAnswerCount, kAuthorityCount, kAdditionalCount}) {
      for (unsigned groups = script_.next(4); groups > 0; --groups) records(count_at);
    }
    for (unsigned changes = script_.next(3); changes > 0; --changes) change_octet();
    return std::move(message_);
  }

 private:
  static constexpr std::size_t kQuestionCount = 4, kAnswerCount = 6, kAuthorityCount = 8,
                               kAdditionalCount = 10;
  static constexpr std::array kTypes{dns::Type::a,     dns::Type::aaaa,  dns::Type::ns,
                                     dns::Type::cname, dns::Type::soa,   dns::Type::txt,
                                     dns::Type::rrsig, dns::Type::dname, dns::Type::opt};
  static constexpr std::array<std::uint32_t, 6> kTtls{0, 1, 60, 3'600, 604'800, 0x8000'0000};

  std::uint16_t flags() {
    constexpr std::array<std::uint16_t, 4> kOften{0x8180, 0x8183, 0x8182, 0x8580};
    const unsigned which = script_.next(8);
    if (which < kOften.size()) return kOften[which];
    return static_cast<std::uint16_t>(dns::Header::kQr | script_.next_u16());
  }

  void question() {
    for (unsigned labels = script_.next(5); labels > 0; --labels) {
      const auto label = script_.take(script_.next(64));
      if (label.empty() || message_.size() + label.size() > dns::kMaxNameSize) continue;
      append_u8(static_cast<unsigned>(label.size()));
      message_.insert(message_.end(), label.begin(), label.end());
    }
    append_u8(0);
    append_u16(static_cast<unsigned>(type()));
    append_u16(script_.next(16) == 0 ? 255U : 1U);
  }

  dns::Type type() { return kTypes[script_.next(kTypes.size())]; }

  /// Some records that are alike.
  void records(std::size_t count_at) {
    const dns::Type what = type();
    const std::uint32_t ttl = kTtls[script_.next(kTtls.size())];
    const std::size_t size = script_.next_flag() ? script_.next_u16() % 5'000 : script_.next(64);
    const unsigned count = 1 + script_.next(script_.next_flag() ? 255 : 4);
    for (unsigned i = 0; i < count && message_.size() + size + 512 < dns::kMaxMessageSize; ++i) {
      record(what, ttl, size);
      dns::write_u16(message_, count_at,
                     static_cast<std::uint16_t>(dns::read_u16(message_, count_at) + 1));
    }
  }

  void record(dns::Type what, std::uint32_t ttl, std::size_t size) {
    if (what == dns::Type::opt)
      append_u8(0);
    else
      append_u16(0xc000 | dns::kHeaderSize);  // the name of the question
    append_u16(static_cast<unsigned>(what));
    append_u16(1);
    append_u16(ttl >> 16);
    append_u16(ttl & 0xffff);
    if (what == dns::Type::soa) return soa_data();
    append_u16(static_cast<unsigned>(what == dns::Type::opt ? 0 : size));
    if (what != dns::Type::opt) message_.resize(message_.size() + size, std::byte{0x2a});
  }

  void soa_data() {
    append_u16(2 + 1 + 20);
    append_u16(0xc000 | dns::kHeaderSize);
    append_u8(0);
    for (int number = 0; number < 5; ++number) {
      append_u16(0);
      append_u16(script_.next(16) * 600);
    }
  }

  void change_octet() {
    const std::size_t at = script_.next_u16() % message_.size();
    message_[at] = static_cast<std::byte>(script_.next(256));
  }

  void append_u8(unsigned value) { message_.push_back(static_cast<std::byte>(value)); }
  void append_u16(unsigned value) {
    append_u8(value >> 8 & 0xff);
    append_u8(value & 0xff);
  }

  Script& script_;
  std::vector<std::byte> message_;
};

}  // namespace sluice::fuzz
