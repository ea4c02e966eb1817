// What a peer may write to the control socket: it gets one line of JSON for one line, an error that
// says what is wrong, or for less than a line nothing; and the connection always ends. Goes through
// a real socket, on one thread: the bounds are the socket's.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/net/control_socket.h"
#include "tests/fuzz/script.h"

namespace {

using namespace sluice;
using fuzz::Script;
using metrics::AdminMetric;
using nlohmann::json;

std::string to_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A control socket whose engine answers, or keeps silent until late() is called.
class Daemon {
 public:
  enum class Engine { answers, is_silent };

  explicit Daemon(Engine engine) : engine_{engine} {
    SLUICE_ASSERT(mkdtemp(folder_.data()) != nullptr);
    SLUICE_ASSERT(!socket_.listen(path()));
  }
  ~Daemon() { std::filesystem::remove_all(folder_); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void tell(Script& script) {
    const std::string text = to_text(script.take(script.next(32)));
    EngineSnapshot::Zone zone;
    zone.name = zone.upstream = text;
    zone.failing = {text};
    EngineSnapshot::Request request;
    request.zone = text;
    problems_.assign(script.next(3), text);
    snapshot_.failing = {{.suffix = text, .zone = text}};
    EngineSnapshot::Account account;
    account.zone = account.suffix = text;
    snapshot_.top_minute.accounts = {account};
    snapshot_.zones.assign(script.next(3), zone);
    snapshot_.requests.assign(script.next(3), request);
  }

  /// What comes back for `sent`, written in two pieces, the first of `first` octets.
  std::string exchange(std::string_view sent, std::size_t first);

  [[nodiscard]] std::uint64_t counted(AdminMetric metric) const { return counters_.get(metric); }
  [[nodiscard]] bool is_silent() const { return engine_ == Engine::is_silent; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] const EngineSnapshot& snapshot() const { return snapshot_; }

 private:
  static constexpr int kMaxPolls = 1'000'000;

  [[nodiscard]] std::string path() const { return folder_ + "/control.sock"; }
  [[nodiscard]] int connect() const;
  std::string read_to_end(int client);

  template <typename Answer>
  void reply(std::function<void(Answer)> done, Answer answer) {
    if (is_silent())
      owed_.push_back([done = std::move(done), answer = std::move(answer)] { done(answer); });
    else
      done(std::move(answer));
  }

  net::AdminSources sources() {
    net::AdminSources out;
    out.metrics = [this] { return metrics::Sources{.process = &process_, .admin = &counters_}; };
    out.status = [] { return net::ServerStatus{.listen = {"127.0.0.53:53"}}; };
    out.is_ready = [] { return true; };
    out.ping = [this](auto done) { reply<net::Pong>(std::move(done), {}); };
    out.snapshot = [this](auto done) { reply<EngineSnapshot>(std::move(done), snapshot_); };
    out.reload = [this](auto done) { reply<std::vector<std::string>>(std::move(done), problems_); };
    out.explain = [this](const dns::Question& question, auto done) {
      Explanation known;
      known.question = question;
      known.local = known.above = problems_.empty() ? "" : problems_.front();
      reply<Explanation>(std::move(done), std::move(known));
    };
    out.forget_failures = [this](const auto&, auto done) { reply<net::Pong>(std::move(done), {}); };
    out.recording = [this](auto done) { reply<Recording>(std::move(done), {}); };
    out.describe = [](const Spender&) { return net::SpenderWords{}; };
    out.cache = &cache_;
    out.counters = &counters_;
    // Nobody waits here for an engine that is known to be silent.
    if (is_silent()) out.patience = {.ping = 0s, .snapshot = 0s, .reload = 0s};
    return out;
  }

  Engine engine_;
  std::string folder_ = std::filesystem::temp_directory_path() / "sluice-control-fuzz-XXXXXX";
  metrics::CounterBlock<AdminMetric> counters_;
  metrics::CounterBlock<metrics::ProcessMetric> process_;
  EngineSnapshot snapshot_;
  cache::ResponseCache cache_{64 << 10, HashKey{1, 2}};
  std::vector<std::string> problems_;
  std::vector<std::function<void()>> owed_;
  boost::asio::io_context loop_{1};
  net::ControlSocket socket_{loop_, sources()};
};

int Daemon::connect() const {
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SLUICE_ASSERT(client >= 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
  SLUICE_ASSERT(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
  SLUICE_ASSERT(fcntl(client, F_SETFL, O_NONBLOCK) == 0);
  return client;
}

std::string Daemon::exchange(std::string_view sent, std::size_t first) {
  const int client = connect();
  for (const std::string_view piece : {sent.substr(0, first), sent.substr(first)}) {
    // The daemon may have closed already: it has enough.
    const ssize_t size = ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
    SLUICE_ASSERT(size == static_cast<ssize_t>(piece.size()) || errno == EPIPE);
    loop_.poll();
  }
  ::shutdown(client, SHUT_WR);
  std::string reply = read_to_end(client);
  ::close(client);
  for (const auto& late : std::exchange(owed_, {})) late();
  loop_.poll();
  return reply;
}

std::string Daemon::read_to_end(int client) {
  std::string reply;
  bool has_ended = false;
  for (int polls = 0; polls < kMaxPolls && !has_ended; ++polls) {
    loop_.poll();
    char piece[4'096];
    const ssize_t size = ::recv(client, piece, sizeof piece, 0);
    if (size > 0) reply.append(piece, static_cast<std::size_t>(size));
    // A peer whose last octets were not read sees a reset behind the reply.
    has_ended = size == 0 || (size < 0 && errno == ECONNRESET);
  }
  SLUICE_ASSERT(has_ended);
  return reply;
}

/// The verb of a request as it should be; nullopt if it is none.
std::optional<std::string> verb_in(std::string_view line) {
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object() || !request.contains("verb") || !request["verb"].is_string())
    return std::nullopt;
  return request["verb"].get<std::string>();
}

bool says(const json& reply, std::string_view reason) {
  return reply.is_object() && reply.contains("error") &&
         reply["error"].get<std::string>().starts_with(reason);
}

void check_snapshot(const Daemon& daemon, const std::string& verb, const json& reply) {
  if (daemon.is_silent())
    SLUICE_ASSERT(says(reply, "the engine did not answer"));
  else if (verb == "zones")
    SLUICE_ASSERT(reply.is_array() && reply.size() == daemon.snapshot().zones.size());
  else if (verb == "requests")
    SLUICE_ASSERT(reply["requests"].size() == daemon.snapshot().requests.size());
  else
    SLUICE_ASSERT(reply.is_array() && reply.empty());
}

void check_reload(const Daemon& daemon, const json& reply) {
  if (daemon.is_silent())
    SLUICE_ASSERT(says(reply, "the reload has not ended"));
  else if (daemon.problems().empty())
    SLUICE_ASSERT(reply == json({{"result", "ok"}}));
  else
    SLUICE_ASSERT(says(reply, "the old configuration stays") &&
                  reply["problems"].size() == daemon.problems().size());
}

/// Verbs that take more than their name, and what a reply has that is no error.
const std::map<std::string, std::vector<std::string>> kDetailed{
    {"top", {"spenders"}},    {"explain", {"outcome"}},          {"diagnose", {"verdict"}},
    {"overview", {"stats"}},  {"cache", {"entries", "flushed"}}, {"log-level", {"level"}},
    {"recorder", {"events"}},
};

void check_detailed(const Daemon& daemon, const std::string& verb, const json& reply) {
  if (reply.contains("error")) {
    SLUICE_ASSERT(!reply["error"].get<std::string>().empty());
    SLUICE_ASSERT(daemon.is_silent() || (verb != "diagnose" && verb != "overview"));
    return;
  }
  SLUICE_ASSERT(std::ranges::any_of(kDetailed.at(verb),
                                    [&](const auto& key) { return reply.contains(key); }));
}

void check_verb(const Daemon& daemon, const std::string& verb, const json& reply) {
  if (verb == "status")
    SLUICE_ASSERT(reply["engine_answers"] == !daemon.is_silent() && reply["ready"] == true);
  else if (verb == "stats")
    SLUICE_ASSERT(reply.contains("sluice_admin_requests_total{by=\"control\"}"));
  else if (verb == "version")
    SLUICE_ASSERT(reply == json({{"version", SLUICE_VERSION}}));
  else if (verb == "zones" || verb == "upstreams" || verb == "budget" || verb == "requests")
    check_snapshot(daemon, verb, reply);
  else if (verb == "reload")
    check_reload(daemon, reply);
  else if (kDetailed.contains(verb))
    check_detailed(daemon, verb, reply);
  else
    SLUICE_ASSERT(says(reply, "unknown verb"));
}

/// One line of printable ASCII: it may be shown on any terminal.
json parse_reply(const std::string& reply) {
  SLUICE_ASSERT(reply.ends_with('\n'));
  const auto line = std::string_view{reply}.substr(0, reply.size() - 1);
  SLUICE_ASSERT(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < '\x7f'; }));
  json parsed = json::parse(line, nullptr, false);
  SLUICE_ASSERT(!parsed.is_discarded());
  return parsed;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8'192) return 0;  // what a socket takes without anybody reading
  static Daemon answering{Daemon::Engine::answers};
  static Daemon silent{Daemon::Engine::is_silent};
  Script script{std::as_bytes(std::span{data, size})};
  Daemon& daemon = script.next_flag() ? silent : answering;
  daemon.tell(script);
  const std::size_t first = script.next(256);
  const std::string sent = to_text(script.rest());
  const auto requests = daemon.counted(AdminMetric::requests_control);
  const auto refused = daemon.counted(AdminMetric::refused_control_request);

  const std::string reply = daemon.exchange(sent, std::min(first, sent.size()));

  const std::size_t most = net::ControlLimits{}.request_bytes;
  const std::size_t end = std::min(sent.find('\n'), sent.size());
  const bool is_line = end < std::min(most, sent.size());
  const bool is_too_long = !is_line && sent.size() >= most;
  SLUICE_ASSERT(daemon.counted(AdminMetric::requests_control) == requests + is_line + is_too_long);
  SLUICE_ASSERT(daemon.counted(AdminMetric::refused_control_request) == refused + is_too_long);
  if (!is_line && !is_too_long) {
    SLUICE_ASSERT(reply.empty());
    return 0;
  }
  const json parsed = parse_reply(reply);
  if (is_too_long) {
    SLUICE_ASSERT(says(parsed, "the request is too long"));
  } else if (const auto verb = verb_in(std::string_view{sent}.substr(0, end))) {
    check_verb(daemon, *verb, parsed);
  } else {
    SLUICE_ASSERT(says(parsed, "the request must be"));
  }
  return 0;
}
