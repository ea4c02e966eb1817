#include "resolver/recording_text.h"

#include <array>
#include <cstdio>

#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"

namespace sluice {

namespace {

using Band = policy::AdmissionQueue::Band;

std::string_view name_of(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::query:
      return "query";
    case EventKind::joined:
      return "joined";
    case EventKind::absorbed:
      return "absorbed";
    case EventKind::replied:
      return "replied";
    case EventKind::background:
      return "background";
    case EventKind::waiting:
      return "waiting";
    case EventKind::sent:
      return "sent";
    case EventKind::outcome:
      return "outcome";
    case EventKind::timeout:
      return "timeout";
    case EventKind::settled:
      return "settled";
  }
  return "";
}

std::string_view name_of(ExchangeStatus status) noexcept {
  switch (status) {
    case ExchangeStatus::answered:
      return "answered";
    case ExchangeStatus::expired:
      return "no answer";
    case ExchangeStatus::unreachable:
      return "unreachable";
    case ExchangeStatus::closed:
      return "connection closed";
    case ExchangeStatus::no_socket:
      return "no socket";
    case ExchangeStatus::edns_refused:
      return "EDNS refused";
    case ExchangeStatus::suspicious:
      return "suspicious datagrams";
  }
  return "";
}

/// The word that the metric's label has for it: cause="shed_wait".
std::string_view name_of(metrics::ZoneMetric cause) noexcept {
  const std::string_view labels = metrics::kZoneMetrics[static_cast<std::size_t>(cause)].labels;
  const std::size_t begin = labels.find('"');
  if (begin == std::string_view::npos) return "unknown";
  return labels.substr(begin + 1, labels.find('"', begin + 1) - begin - 1);
}

template <typename... Values>
std::string format(const char* how, Values... values) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), how, values...);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string ms(Duration duration) {
  return format("%.3f ms", std::chrono::duration<double, std::milli>{duration}.count());
}

std::string peer(const Event& event, std::string_view preposition) {
  std::string text{preposition};
  text += event.peer.to_string();
  text += event.transport == Transport::tcp ? " tcp" : " udp";
  return text;
}

std::string octets(const Event& event) { return std::to_string(event.message_size) + " octets"; }

std::string outcome(const Event& event) {
  std::string text = peer(event, " of ") + " after " + ms(event.elapsed) + ": ";
  const auto header = dns::Header::read(event.message);
  if (event.status != ExchangeStatus::answered || !header) {
    text += name_of(event.status);
  } else {
    text += dns::to_string(static_cast<dns::Rcode>(header->rcode()));
    if (header->has(dns::Header::kTc)) text += ", truncated";
    text += ", " + octets(event);
  }
  return event.is_late ? text + ", late" : text;
}

std::string settled(const Event& event) {
  std::string text{" "};
  text += to_string(event.source);
  if (event.source == ReplySource::failed) (text += " ") += name_of(event.cause);
  text += ", " + std::to_string(event.waiters) + " answered, ";
  return text + ms(event.elapsed) + " after its first query";
}

std::string details(const Event& event) {
  switch (event.kind) {
    case EventKind::query:
    case EventKind::joined:
    case EventKind::absorbed:
      return peer(event, " from ");
    case EventKind::replied:
      return peer(event, " to ") + ", " + std::string{to_string(event.source)};
    case EventKind::background:
    case EventKind::waiting:
      return " as " + std::string{name_of(event.band)};
    case EventKind::sent:
      return peer(event, " to ") +
             (event.tries == 0 ? ", for loops" : ", try " + std::to_string(event.tries)) + ", " +
             octets(event);
    case EventKind::outcome:
      return outcome(event);
    case EventKind::timeout:
      return peer(event, " of ") + " after " + ms(event.elapsed) + ", try " +
             std::to_string(event.tries);
    case EventKind::settled:
      return settled(event);
  }
  return "";
}

}  // namespace

std::string_view to_string(ReplySource source) noexcept {
  switch (source) {
    case ReplySource::cache:
      return "cache";
    case ReplySource::upstream:
      return "upstream";
    case ReplySource::stale:
      return "stale";
    case ReplySource::local:
      return "local";
    case ReplySource::failed:
      return "failed";
    case ReplySource::refused:
      return "refused";
  }
  return "";
}

std::string to_text(const Recording& recording) {
  std::string text;
  recording.for_each([&](const Event& event) {
    const std::chrono::duration<double> before = recording.taken() - event.at;
    text += format("-%.6f ", before.count());
    text += name_of(event.kind);
    text += " " + dns::to_string(event.question.name) + " " + dns::to_string(event.question.type);
    if (event.question.klass != dns::Class::in) text += " " + dns::to_string(event.question.klass);
    text += details(event) + "\n";
  });
  return text;
}

}  // namespace sluice
