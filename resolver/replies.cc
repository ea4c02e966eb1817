#include "resolver/replies.h"

#include <algorithm>

namespace sluice {

void reply_with_error(const ClientRef& client, const dns::ReplyShape& shape,
                      const dns::Question& question, dns::Rcode rcode, const dns::Ede& ede,
                      ActionList& out) {
  constexpr std::size_t kSize = dns::kHeaderSize + dns::kMaxNameSize + 4 + dns::kReplySlack;
  const std::span<std::byte> room = out.room(kSize);
  const std::size_t size = dns::write_empty_response(room, question, rcode);
  out.respond(client, dns::finish_reply(room, size, shape, ede));
}

void reply_with_response(const ClientRef& client, const dns::ReplyShape& shape,
                         std::span<const std::byte> stored, const std::optional<dns::Ede>& ede,
                         ActionList& out) {
  const std::span<std::byte> room = out.room(stored.size() + dns::kReplySlack);
  std::copy(stored.begin(), stored.end(), room.begin());
  out.respond(client, dns::finish_reply(room, stored.size(), shape, ede));
}

dns::Ede stale_ede(std::span<const std::byte> stored, std::string_view why) noexcept {
  const auto header = dns::Header::read(stored);
  const bool is_nxdomain =
      header && header->rcode() == static_cast<std::uint8_t>(dns::Rcode::nxdomain);
  return {is_nxdomain ? dns::EdeCode::stale_nxdomain : dns::EdeCode::stale_answer, why};
}

dns::EdeCode ede_for(policy::FailureCause cause) noexcept {
  switch (cause) {
    case policy::FailureCause::timeout:
      return dns::EdeCode::no_reachable_authority;
    case policy::FailureCause::upstream_servfail:
    case policy::FailureCause::upstream_refused:
      return dns::EdeCode::other;
    case policy::FailureCause::network:
      return dns::EdeCode::network_error;
    case policy::FailureCause::bad_response:
      return dns::EdeCode::invalid_data;
  }
  return dns::EdeCode::other;
}

std::string_view describe(policy::FailureCause cause) noexcept {
  switch (cause) {
    case policy::FailureCause::timeout:
      return "did not answer in time";
    case policy::FailureCause::upstream_servfail:
      return "said SERVFAIL";
    case policy::FailureCause::upstream_refused:
      return "refused the question";
    case policy::FailureCause::network:
      return "could not be reached";
    case policy::FailureCause::bad_response:
      return "sent a malformed response";
  }
  return "failed";
}

}  // namespace sluice
