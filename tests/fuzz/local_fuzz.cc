// The text of a hosts file, a blocklist or a response policy zone, which come from anywhere: it is
// read within bounds, and what is answered from it are well-formed responses to their questions.

#include <memory>
#include <string_view>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/reply.h"
#include "resolver/dns/response.h"
#include "resolver/local/blocklist.h"
#include "resolver/local/hosts_table.h"
#include "resolver/local/local_names.h"

namespace {

using namespace sluice;

constexpr HashKey kKey{1, 2};

local::Parts parts_of(unsigned kind, std::string_view text) {
  local::Parts parts{.hash_key = kKey};
  if (kind == 0) {
    parts.hosts = std::make_shared<local::HostsTable>(text, kKey);
    return parts;
  }
  constexpr local::ListFormat kFormats[]{local::ListFormat::plain, local::ListFormat::hosts,
                                         local::ListFormat::rpz};
  const local::Blocklist::Options options{.name = "list",
                                          .format = kFormats[kind - 1],
                                          .action = local::ListAction::null_address,
                                          .key = kKey};
  parts.blocklists.push_back(std::make_shared<local::Blocklist>(options, text));
  return parts;
}

/// Names that the text may speak of: each of its words, and one below it.
std::vector<dns::Name> names_in(std::string_view text) {
  constexpr std::size_t kMost = 16;
  std::vector<dns::Name> names;
  while (!text.empty() && names.size() < kMost) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const std::string spelled{word};
    for (const std::string& each : {spelled, "below." + spelled})
      if (const auto name = dns::parse_name(each)) names.push_back(*name);
  }
  return names;
}

void check_answer(const local::LocalNames& names, const dns::Question& question) {
  static std::vector<std::byte> buffer(dns::kMaxMessageSize + dns::kReplySlack);
  const auto answer = names.answer(question, {}, buffer);
  SLUICE_ASSERT(answer.has_value() == names.covers(question, {}));
  if (!answer) return;
  SLUICE_ASSERT(answer->size <= local::kMaxLocalAnswer);
  static dns::Response response;
  SLUICE_ASSERT(!dns::parse_response(std::span{buffer}.first(answer->size), response));
  SLUICE_ASSERT(response.question == question);
  SLUICE_ASSERT(!response.header.has(dns::Header::kTc));
  const dns::ReplyShape shape{.has_edns = true, .max_size = dns::kPlainUdpSize};
  const std::size_t size = dns::finish_reply(buffer, answer->size, shape, answer->ede);
  SLUICE_ASSERT(size <= shape.max_size);
  SLUICE_ASSERT(!dns::parse_response(std::span{buffer}.first(size), response));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  const local::LocalNames names{parts_of(data[0] % 4U, text)};
  for (const dns::Name& name : names_in(text))
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa, dns::Type::ptr, dns::Type::any})
      check_answer(names, {.name = name, .type = type, .klass = dns::Class::in});
  return 0;
}
