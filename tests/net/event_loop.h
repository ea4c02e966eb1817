#pragma once

#include <chrono>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "resolver/base/endpoint.h"

namespace sluice::net {

inline Endpoint endpoint(std::string_view text) { return Endpoint::parse(text, 0).value(); }

/// Runs `loop` until `done()`; false if that takes more than 10 s.
template <typename F>
bool run_until(boost::asio::io_context& loop, F&& done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace sluice::net
