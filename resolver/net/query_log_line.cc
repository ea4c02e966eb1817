#include "resolver/net/query_log_line.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "resolver/dns/edns_options.h"
#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"
#include "resolver/net/log.h"
#include "resolver/recording_text.h"

namespace sluice::net {

namespace {

using conf::QueryField;

constexpr std::string_view kUnknown = "-";

/// RFC 3339, in UTC: other time zones have hours that come twice.
std::string to_text(std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t since_1970 = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  gmtime_r(&since_1970, &utc);
  std::array<char, 40> text;
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::string out{text.data(), size};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - second).count();
  const int rest = std::snprintf(text.data(), text.size(), ".%03dZ", static_cast<int>(ms));
  return out.append(text.data(), static_cast<std::size_t>(rest));
}

std::string in_ms(Duration duration) {
  std::array<char, 40> text;
  const double ms = std::chrono::duration<double, std::milli>{duration}.count();
  const int size = std::snprintf(text.data(), text.size(), "%.3f", ms);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string zone_of(const LoggedQuery& query) {
  dns::Name zone = query.question.name;
  while (zone.label_count() > query.zone_labels) zone = zone.parent();
  return dns::to_string(zone);
}

std::string upstream_of(const LoggedQuery& query) {
  const auto end = std::find(query.upstream.begin(), query.upstream.end(), '\0');
  return {query.upstream.begin(), end};
}

/// Empty if it is not known.
std::string value_of(const LoggedQuery& query, QueryField field) {
  const bool has_zone = query.zone_labels != LoggedQuery::kNoZone;
  switch (field) {
    case QueryField::time:
      return to_text(query.time);
    case QueryField::client:
      return query.client.to_string();
    case QueryField::name:
      return query.has_question ? dns::to_string(query.question.name) : "";
    case QueryField::type:
      return query.has_question ? dns::to_string(query.question.type) : "";
    case QueryField::klass:
      return query.has_question ? dns::to_string(query.question.klass) : "";
    case QueryField::rcode:
      return dns::to_string(static_cast<dns::Rcode>(query.rcode));
    case QueryField::source:
      return std::string{to_string(query.source)};
    case QueryField::latency_ms:
      return in_ms(query.latency);
    case QueryField::upstream:
      return has_zone ? upstream_of(query) : "";
    case QueryField::zone:
      return has_zone ? zone_of(query) : "";
    case QueryField::tries:
      return has_zone ? std::to_string(query.tries) : "";
    case QueryField::size:
      return std::to_string(query.size);
    case QueryField::ede:
      return query.ede == LoggedQuery::kNoEde ? "" : std::to_string(query.ede);
    case QueryField::count_:
      break;
  }
  return "";
}

}  // namespace

void read_reply(std::span<const std::byte> reply, LoggedQuery& query) noexcept {
  query.size = static_cast<std::uint32_t>(reply.size());
  const auto header = dns::Header::read(reply);
  if (!header) return;
  query.rcode = header->rcode();
  if (const auto question = dns::read_question(reply); question && header->question_count > 0) {
    query.question = *question;
    query.has_question = true;
  }
  if (const auto opt = dns::find_response_opt(reply)) {
    query.rcode |= opt->rcode_bits;
    if (opt->ede) query.ede = *opt->ede;
  }
}

std::string to_line(const LoggedQuery& query, const conf::QueryFields& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields.test(i)) continue;
    const std::string value = value_of(query, static_cast<QueryField>(i));
    if (!line.empty()) line += ' ';
    log::append(line, {conf::kQueryFieldNames[i], value.empty() ? std::string{kUnknown} : value});
  }
  return line;
}

}  // namespace sluice::net
