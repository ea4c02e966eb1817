#include "resolver/net/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "resolver/net/control_verbs.h"
#include "resolver/net/log.h"

namespace sluice::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using metrics::AdminMetric;
using Protocol = asio::local::stream_protocol;

constexpr mode_t kMode = 0660;
constexpr Duration kAcceptPause = 100ms;

std::string system_error(const std::string& path) {
  return path + ": " + error_code{errno, boost::system::system_category()}.message();
}

// What became of a connection attempt to a socket that is in our way.
enum class Holder : std::uint8_t { nobody, somebody, unknown };

Holder probe(asio::io_context& loop, const std::string& path) {
  Protocol::socket socket{loop};
  error_code ec;
  socket.open(Protocol{}, ec);
  if (!ec) socket.non_blocking(true, ec);
  if (ec) return Holder::unknown;
  socket.connect(Protocol::endpoint{path}, ec);
  if (ec == asio::error::connection_refused) return Holder::nobody;
  // A full backlog is a sign of life, too.
  if (!ec || ec == asio::error::try_again) return Holder::somebody;
  return Holder::unknown;
}

// Makes room for a socket at `path`; what is in the way, if it may not be removed.
std::optional<std::string> clear_path(asio::io_context& loop, const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0)
    return errno == ENOENT ? std::nullopt : std::optional{system_error(path)};
  if (!S_ISSOCK(status.st_mode)) return path + ": there is something that is no socket";
  switch (probe(loop, path)) {
    case Holder::nobody:
      break;
    case Holder::somebody:
      return path + ": another daemon answers there";
    case Holder::unknown:
      return path + ": cannot tell whether another daemon uses it";
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(path);
  return std::nullopt;
}

}  // namespace

/// Accepts connections and holds what they share.
class ControlSocket::Server : public std::enable_shared_from_this<Server> {
 public:
  Server(asio::io_context& on, AdminSources what, ControlLimits how_much)
      : loop{on},
        limits{how_much},
        counters{*what.counters},
        verbs{on, std::move(what)},
        acceptor_{on},
        pause_{on} {}

  std::optional<std::string> listen(const std::string& path);
  void stop();
  void on_session_end() noexcept { --sessions_; }

  asio::io_context& loop;
  ControlLimits limits;
  metrics::CounterBlock<AdminMetric>& counters;
  ControlVerbs verbs;

 private:
  std::optional<std::string> open(const std::string& path);
  void accept();
  void admit(Protocol::socket socket);
  [[nodiscard]] bool is_welcome(int descriptor) const;
  [[nodiscard]] bool is_ours() const;

  Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  std::string path_;
  struct stat file_ {};  // what listen() created at path_
  std::size_t sessions_ = 0;
};

/// One connection: one request, one reply.
class ControlSocket::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Protocol::socket socket, std::shared_ptr<Server> server)
      : server_{std::move(server)}, socket_{std::move(socket)}, timer_{server_->loop} {}
  ~Session() { server_->on_session_end(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  void refuse(std::string_view reason);

 private:
  void start_timer();
  void on_request(const error_code& ec, std::size_t size);
  void send(std::string line);

  std::shared_ptr<Server> server_;
  Protocol::socket socket_;
  asio::steady_timer timer_;
  std::string request_;
  std::string reply_;
};

void ControlSocket::Session::start() {
  start_timer();
  asio::async_read_until(socket_, asio::dynamic_buffer(request_, server_->limits.request_bytes),
                         '\n', [self = shared_from_this()](const error_code& ec, std::size_t size) {
                           self->on_request(ec, size);
                         });
}

void ControlSocket::Session::refuse(std::string_view reason) {
  start_timer();
  send(ControlVerbs::error_line(reason));
}

// The timer holds no session alive, or a quick one would stay for the whole time.
void ControlSocket::Session::start_timer() {
  timer_.expires_after(server_->limits.timeout);
  timer_.async_wait([weak = weak_from_this()](const error_code& ec) {
    const auto self = weak.lock();
    if (ec || self == nullptr) return;
    error_code ignored;
    self->socket_.close(ignored);
  });
}

void ControlSocket::Session::on_request(const error_code& ec, std::size_t size) {
  if (ec && ec != asio::error::not_found) return;
  server_->counters.add(AdminMetric::requests_control);
  if (ec) {  // no end of line within the bound
    server_->counters.add(AdminMetric::refused_control_request);
    return send(ControlVerbs::error_line("the request is too long"));
  }
  server_->verbs.answer(
      std::string_view{request_}.substr(0, size - 1),
      [self = shared_from_this()](std::string line) { self->send(std::move(line)); });
}

void ControlSocket::Session::send(std::string line) {
  reply_ = std::move(line) + '\n';
  asio::async_write(socket_, asio::buffer(reply_),
                    [self = shared_from_this()](const error_code&, std::size_t) {
                      self->timer_.cancel();
                      error_code ignored;
                      self->socket_.close(ignored);
                    });
}

std::optional<std::string> ControlSocket::Server::listen(const std::string& path) {
  if (path.size() >= sizeof sockaddr_un::sun_path)
    return path + ": longer than a Unix socket's path can be";
  std::error_code ec;
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ec);
  if (ec) return folder.string() + ": " + ec.message();
  if (auto problem = clear_path(loop, path)) return problem;
  if (auto problem = open(path)) return problem;
  accept();
  return std::nullopt;
}

// Nobody can connect before listen(), so the file has its mode before it can be used.
std::optional<std::string> ControlSocket::Server::open(const std::string& path) {
  error_code ec;
  acceptor_.open(Protocol{}, ec);
  if (!ec) acceptor_.bind(Protocol::endpoint{path}, ec);
  if (ec) return path + ": " + ec.message();
  path_ = path;
  if (lstat(path.c_str(), &file_) != 0 || chmod(path.c_str(), kMode) != 0)
    return system_error(path);
  acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return path + ": " + ec.message();
  return std::nullopt;
}

void ControlSocket::Server::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  verbs.abandon();
  if (is_ours()) unlink(path_.c_str());
}

bool ControlSocket::Server::is_ours() const {
  struct stat now {};
  return !path_.empty() && lstat(path_.c_str(), &now) == 0 && now.st_dev == file_.st_dev &&
         now.st_ino == file_.st_ino;
}

void ControlSocket::Server::accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](const error_code& ec, Protocol::socket socket) {
        if (!self->acceptor_.is_open()) return;
        if (!ec) {
          self->admit(std::move(socket));
          return self->accept();
        }
        self->pause_.expires_after(kAcceptPause);
        self->pause_.async_wait([self](const error_code& cancelled) {
          if (!cancelled) self->accept();
        });
      });
}

void ControlSocket::Server::admit(Protocol::socket socket) {
  if (sessions_ >= limits.connections)
    return counters.add(AdminMetric::refused_control_connections);
  ++sessions_;
  const bool welcome = is_welcome(socket.native_handle());
  const auto session = std::make_shared<Session>(std::move(socket), shared_from_this());
  if (welcome) return session->start();
  counters.add(AdminMetric::refused_control_peer);
  session->refuse("only root, the daemon's user and the socket's group may use this socket");
}

bool ControlSocket::Server::is_welcome(int descriptor) const {
  // The group is read from the file each time: an operator may change it while we run.
  struct stat status {};
  const auto peer = read_peer_credentials(descriptor);
  if (!peer || lstat(path_.c_str(), &status) != 0) return false;
  if (allow(*peer, {.uid = geteuid(), .gid = status.st_gid})) return true;
  log::warn("control_peer_refused", {{"pid", peer->pid}, {"uid", peer->uid}});
  return false;
}

ControlSocket::ControlSocket(asio::io_context& loop, AdminSources sources, ControlLimits limits)
    : server_{std::make_shared<Server>(loop, std::move(sources), limits)} {}

ControlSocket::~ControlSocket() { server_->stop(); }

std::optional<std::string> ControlSocket::listen(const std::string& path) {
  return server_->listen(path);
}

}  // namespace sluice::net
