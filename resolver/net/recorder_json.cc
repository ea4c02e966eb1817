#include "resolver/net/recorder_json.h"

#include <boost/beast/core/detail/base64.hpp>
#include <nlohmann/json.hpp>

#include "resolver/recording_pcap.h"
#include "resolver/recording_text.h"

namespace sluice::net {

namespace {

using nlohmann::json;
namespace base64 = boost::beast::detail::base64;

json summary(const Recording& recording) {
  const std::chrono::duration<double> length = recording.length();
  return {{"events", recording.size()}, {"seconds", length.count()}};
}

}  // namespace

Duration wall_offset() noexcept {
  return std::chrono::system_clock::now().time_since_epoch() - Clock::now().time_since_epoch();
}

json recorder_text_json(const Recording& recording) {
  json reply = summary(recording);
  reply["text"] = to_text(recording);
  return reply;
}

json recorder_pcap_json(const Recording& recording) {
  const std::string pcap = to_pcap(recording, wall_offset());
  std::string text(base64::encoded_size(pcap.size()), '\0');
  text.resize(base64::encode(text.data(), pcap.data(), pcap.size()));
  json reply = summary(recording);
  reply["pcap_base64"] = std::move(text);
  return reply;
}

}  // namespace sluice::net
