#include "resolver/dns/encode.h"

namespace sluice::dns {

void write_header(std::span<std::byte> out, const Header& header) noexcept {
  write_u16(out, 0, header.id);
  write_u16(out, 2, header.flags);
  write_u16(out, 4, header.question_count);
  write_u16(out, kAnswerCountOffset, header.answer_count);
  write_u16(out, kAuthorityCountOffset, header.authority_count);
  write_u16(out, kAdditionalCountOffset, header.additional_count);
}

std::size_t write_question(std::span<std::byte> out, const Question& question) noexcept {
  Appender message{out, kHeaderSize};
  message.bytes(question.name.wire());
  message.u16(static_cast<std::uint16_t>(question.type));
  message.u16(static_cast<std::uint16_t>(question.klass));
  return message.size();
}

std::size_t write_opt(std::span<std::byte> out, std::uint32_t rcode_and_flags,
                      std::size_t options_size) noexcept {
  Appender record{out, 0};
  record.u8(0);  // the root
  record.u16(static_cast<std::uint16_t>(Type::opt));
  record.u16(kEdnsUdpSize);
  record.u32(rcode_and_flags);
  record.u16(options_size);
  return record.size() + options_size;
}

}  // namespace sluice::dns
