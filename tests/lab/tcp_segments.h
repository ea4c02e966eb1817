#pragma once

#include <cstdint>

namespace sluice::lab {

/// TCP segments that `socket` has received since its first SYN (TCP_INFO tcpi_segs_in); 0 if it is
/// no TCP socket.
[[nodiscard]] std::uint32_t segments_received(int socket) noexcept;

}  // namespace sluice::lab
