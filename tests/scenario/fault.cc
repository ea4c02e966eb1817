#include "tests/scenario/fault.h"

#include "resolver/dns/message.h"

namespace sluice::scenario {

namespace {

using dns::Header;

std::uint16_t as_flags(dns::Rcode rcode) { return static_cast<std::uint16_t>(rcode); }

}  // namespace

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::silent:
      return "silent";
    case Fault::servfail:
      return "SERVFAIL";
    case Fault::refused:
      return "REFUSED";
    case Fault::unreachable:
      return "unreachable";
    case Fault::truncated:
      return "truncated";
    case Fault::wrong_question:
      return "wrong question";
  }
  return "";
}

ExchangeStatus status_of(Fault fault) noexcept {
  if (fault == Fault::silent) return ExchangeStatus::expired;
  if (fault == Fault::unreachable) return ExchangeStatus::unreachable;
  return ExchangeStatus::answered;
}

std::vector<std::byte> faulty_response(Fault fault, std::span<const std::byte> query) {
  if (status_of(fault) != ExchangeStatus::answered) return {};
  // The query's question and OPT serve as they are.
  std::vector<std::byte> response{query.begin(), query.end()};
  std::uint16_t flags = Header::kQr | Header::kRa | dns::read_u16(response, 2);
  if (fault == Fault::servfail) flags |= as_flags(dns::Rcode::servfail);
  if (fault == Fault::refused) flags |= as_flags(dns::Rcode::refused);
  if (fault == Fault::truncated) flags |= Header::kTc;
  dns::write_u16(response, 2, flags);
  if (fault == Fault::wrong_question) {
    const auto question = dns::read_question(query);
    const std::size_t type_at = dns::kHeaderSize + question->name.size();
    dns::write_u16(response, type_at, static_cast<std::uint16_t>(question->type) ^ 1);
  }
  return response;
}

}  // namespace sluice::scenario
