#include "resolver/app/control_client.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace sluice::app {

namespace {

/// A descriptor that closes itself.
class Socket {
 public:
  Socket() noexcept : descriptor_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

auto failed(std::string reason) { return failure(ControlFailure{std::move(reason)}); }

timeval to_timeval(std::chrono::milliseconds duration) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {.tv_sec = whole.count(), .tv_usec = std::chrono::microseconds{duration - whole}.count()};
}

std::string in_seconds(std::chrono::milliseconds duration) {
  std::ostringstream text;
  text << std::chrono::duration<double>{duration}.count() << " s";
  return text.str();
}

std::string reason(int error) { return std::system_category().message(error); }

std::string name_of_group(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16'384> text{};
  if (getgrgid_r(gid, &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
    return std::to_string(gid);
  return found->gr_name;
}

std::string no_permission(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    return "no permission to look into the folder of " + path + "; run as root";
  return "no permission to use " + path + "; run as root or as a member of group " +
         name_of_group(status.st_gid);
}

std::string explain_connect(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return "no daemon: there is no socket at " + path + " (is sluiced running?)";
    case ECONNREFUSED:
      return "no daemon: nobody answers at " + path + " (has sluiced stopped?)";
    case EACCES:
      return no_permission(path);
    case EAGAIN:
      return "the daemon at " + path + " takes no more connections now; try again";
    default:
      return "cannot connect to " + path + ": " + reason(error);
  }
}

// The error; 0 if there is none. A signal, such as a window's that changes its size, ends nothing.
int connect_to(int descriptor, const sockaddr_un& address) {
  while (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

// The daemon may refuse us and close before it has read anything: the reply counts, not the error.
void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Result<std::string, ControlFailure> read_line(int descriptor, const ControlBounds& bounds) {
  std::string line;
  std::array<char, 65'536> chunk{};
  while (line.size() < bounds.reply_bytes) {
    const ssize_t got = ::recv(descriptor, chunk.data(), chunk.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return failed("the daemon did not answer within " + in_seconds(bounds.patience));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("the daemon closed the connection without an answer; try again");
    line.append(chunk.data(), static_cast<std::size_t>(got));
    if (line.back() != '\n') continue;
    line.pop_back();
    return line;
  }
  return failed("the daemon's answer is longer than " + std::to_string(bounds.reply_bytes) +
                " octets");
}

}  // namespace

Result<std::string, ControlFailure> ask_daemon(const std::string& path, const std::string& request,
                                               ControlBounds bounds) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return failed(path + " is longer than a Unix socket's path can be");
  std::memcpy(address.sun_path, path.c_str(), path.size());

  const Socket socket;
  if (socket.get() < 0) return failed("no socket: " + reason(errno));
  const timeval patience = to_timeval(bounds.patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (const int error = connect_to(socket.get(), address); error != 0)
    return failed(explain_connect(path, error));
  send_all(socket.get(), request + "\n");
  return read_line(socket.get(), bounds);
}

}  // namespace sluice::app
