#include "resolver/net/dnstap_writer.h"

#include <fstrm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/lockfree/stack.hpp>
#include <cstring>
#include <string_view>
#include <vector>

#include "resolver/base/assert.h"

namespace sluice::net {

namespace {

constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";
// Frames that wait in one queue before the thread is woken; it looks once a second all the same.
constexpr unsigned kNotifyThreshold = 32;

/// The collector's end of a connection, for libfstrm, which calls it on its thread alone. Its own
/// Unix writer would wait for ever for a collector that reads nothing, and tells nobody what
/// became of the frames.
class Collector {
 public:
  explicit Collector(std::string path) : path_{std::move(path)} {}
  ~Collector() { close(); }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  fstrm_res open() noexcept {
    close();
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{DnstapWriter::kPatienceSeconds, 0};
    for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO})
      ::setsockopt(descriptor_, SOL_SOCKET, option, &patience, sizeof patience);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy_n(path_.begin(), std::min(path_.size(), sizeof address.sun_path - 1),
                address.sun_path);
    if (descriptor_ < 0 ||
        ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail();
    return fstrm_res_success;
  }

  fstrm_res read(void* data, std::size_t size) noexcept {
    if (descriptor_ < 0) return fstrm_res_failure;
    const ssize_t got = ::recv(descriptor_, data, size, MSG_WAITALL);
    if (got < 0 || static_cast<std::size_t>(got) != size) return fail();
    has_greeted_ = true;
    return fstrm_res_success;
  }

  fstrm_res write(const iovec* parts, int count) noexcept {
    std::vector<iovec> left{parts, parts + count};
    for (auto first = left.begin(); first != left.end();) {
      if (descriptor_ < 0) return fstrm_res_failure;
      msghdr message{};
      message.msg_iov = &*first;
      message.msg_iovlen = static_cast<std::size_t>(left.end() - first);
      const ssize_t result = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
      if (result < 0) return fail();
      auto size = static_cast<std::size_t>(result);
      for (; first != left.end() && size >= first->iov_len; ++first) size -= first->iov_len;
      if (first == left.end()) break;
      first->iov_base = static_cast<std::byte*>(first->iov_base) + size;
      first->iov_len -= size;
    }
    // The first thing written is our greeting; once that was answered, frames get through.
    is_connected_ = has_greeted_;
    return fstrm_res_success;
  }

  fstrm_res close() noexcept {
    is_connected_ = has_greeted_ = false;
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    return fstrm_res_success;
  }

  /// For any thread.
  [[nodiscard]] bool is_connected() const noexcept { return is_connected_; }

 private:
  fstrm_res fail() noexcept {
    close();
    return fstrm_res_failure;
  }

  std::string path_;
  int descriptor_ = -1;
  bool has_greeted_ = false;
  std::atomic<bool> is_connected_{false};
};

fstrm_rdwr* rdwr_of(Collector& collector) {
  fstrm_rdwr* const rdwr = fstrm_rdwr_init(&collector);
  fstrm_rdwr_set_open(rdwr, [](void* self) { return static_cast<Collector*>(self)->open(); });
  fstrm_rdwr_set_close(rdwr, [](void* self) { return static_cast<Collector*>(self)->close(); });
  fstrm_rdwr_set_read(rdwr, [](void* self, void* data, std::size_t size) {
    return static_cast<Collector*>(self)->read(data, size);
  });
  fstrm_rdwr_set_write(rdwr, [](void* self, const iovec* parts, int count) {
    return static_cast<Collector*>(self)->write(parts, count);
  });
  return rdwr;
}

}  // namespace

struct DnstapWriter::State {
  State(std::string path, std::size_t queue_count, std::size_t size)
      : collector{std::move(path)}, frame_size{size}, frames{new std::byte[kFrames * size]} {
    for (std::uint32_t i = 0; i < kFrames; ++i) free_frames.bounded_push(i);
    fstrm_writer_options* const form = fstrm_writer_options_init();
    fstrm_writer_options_add_content_type(form, kContentType.data(), kContentType.size());
    fstrm_rdwr* rdwr = rdwr_of(collector);
    fstrm_writer* writer = fstrm_writer_init(form, &rdwr);
    fstrm_iothr_options* const options = fstrm_iothr_options_init();
    fstrm_iothr_options_set_num_input_queues(options, static_cast<unsigned>(queue_count));
    fstrm_iothr_options_set_input_queue_size(options, 2 * kFrames);  // a ring holds one less
    fstrm_iothr_options_set_queue_notify_threshold(options, kNotifyThreshold);
    fstrm_iothr_options_set_reopen_interval(options, kReopenSeconds);
    thread = fstrm_iothr_init(options, &writer);
    SLUICE_ASSERT(thread != nullptr);
    for (std::size_t i = 0; i < queue_count; ++i)
      queues.push_back(fstrm_iothr_get_input_queue_idx(thread, i));
    fstrm_iothr_options_destroy(const_cast<fstrm_iothr_options**>(&options));
    fstrm_writer_options_destroy(const_cast<fstrm_writer_options**>(&form));
  }
  ~State() { fstrm_iothr_destroy(&thread); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // On libfstrm's thread, once a frame has been written, or cannot be.
  static void give_back(void* data, void* self) {
    State& state = *static_cast<State*>(self);
    ++(state.collector.is_connected() ? state.sent : state.dropped);
    state.release(static_cast<std::byte*>(data));
  }
  void release(const std::byte* frame) noexcept {
    const auto index = static_cast<std::size_t>(frame - frames.get()) / frame_size;
    free_frames.bounded_push(static_cast<std::uint32_t>(index));
  }

  Collector collector;
  std::size_t frame_size;
  std::unique_ptr<std::byte[]> frames;
  boost::lockfree::stack<std::uint32_t> free_frames{kFrames};  // the one used last comes first
  std::vector<fstrm_iothr_queue*> queues;
  fstrm_iothr* thread = nullptr;
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> dropped{0};
};

DnstapWriter::DnstapWriter(std::string path, std::size_t queues, std::size_t frame_size)
    : state_{std::make_unique<State>(std::move(path), queues, frame_size)} {}

DnstapWriter::~DnstapWriter() = default;

std::span<std::byte> DnstapWriter::take_room() noexcept {
  std::uint32_t index = 0;
  if (state_->collector.is_connected() && state_->free_frames.pop(index))
    return {state_->frames.get() + index * state_->frame_size, state_->frame_size};
  ++state_->dropped;
  return {};
}

void DnstapWriter::send(std::size_t queue, std::span<std::byte> room, std::size_t size) noexcept {
  const fstrm_res result = fstrm_iothr_submit(state_->thread, state_->queues[queue], room.data(),
                                              size, &State::give_back, state_.get());
  if (result == fstrm_res_success) return;
  ++state_->dropped;
  state_->release(room.data());
}

std::uint64_t DnstapWriter::sent() const noexcept { return state_->sent; }
std::uint64_t DnstapWriter::dropped() const noexcept { return state_->dropped; }

}  // namespace sluice::net
