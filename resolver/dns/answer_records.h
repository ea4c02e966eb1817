#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "resolver/base/endpoint.h"
#include "resolver/dns/record.h"
#include "resolver/dns/response.h"

namespace sluice::dns {

/// Calls `visit` with each record of the answer section of `message`, parsed as `response`; of a
/// message cut off (TC) with those that are whole.
template <typename Visit>
void for_each_answer(std::span<const std::byte> message, const Response& response,
                     Visit&& visit) noexcept {
  std::size_t offset = response.question_end;
  for (int left = response.header.answer_count; left > 0; --left) {
    const auto record = read_record(message, offset);
    if (!record) return;
    visit(*record);
  }
}

/// The address that an A or AAAA record of class IN holds; nullopt if the record is of another
/// type, or malformed.
[[nodiscard]] std::optional<Address> address_in(std::span<const std::byte> message,
                                                const Record& record) noexcept;

}  // namespace sluice::dns
