#include "resolver/net/live_stream.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace sluice::net {

namespace asio = boost::asio;
using boost::system::error_code;

LiveStream::LiveStream(asio::ip::tcp::socket socket, std::string head, std::shared_ptr<void> place)
    : socket_{std::move(socket)}, head_{std::move(head)}, place_{std::move(place)} {}

// Without a read the kernel's word that the peer has gone would come with a later write only, and
// the place would be taken until then. A peer has nothing to say here: whatever comes ends it.
void LiveStream::start() {
  socket_.async_read_some(
      asio::buffer(&ignored_, 1),
      [self = shared_from_this()](const error_code&, std::size_t) { self->close(); });
}

LiveStream::Outcome LiveStream::send(SharedText text) {
  if (!is_open()) return Outcome::closed;
  if (sending_ != nullptr) {
    if (++misses_ < kMissesMax) return Outcome::left_out;
    close();
    return Outcome::closed;
  }
  misses_ = 0;
  sending_ = std::move(text);
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(*sending_)};
  asio::async_write(socket_, buffers,
                    [self = shared_from_this()](const error_code& ec, std::size_t) {
                      self->head_.clear();
                      self->sending_.reset();
                      if (ec) self->close();
                    });
  return Outcome::taken;
}

void LiveStream::close() {
  error_code ignored;
  socket_.close(ignored);
  place_.reset();
}

}  // namespace sluice::net
