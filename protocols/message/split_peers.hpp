#pragma once

/// \file
/// No train goes to some peers, because the way there has a smaller MTU than its segments, or a
/// device that cannot cut it up. Each is tried again after a while, as ways change.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "core/base/units.hpp"
#include "core/net/ip_number.hpp"

namespace netecho {

/// No train goes for so long to where one was refused.
inline constexpr Duration kTrainsRest = std::chrono::seconds{10};

/// Whether a train was refused as one: its segments may leave by themselves. EMSGSIZE: they are
/// longer than the path's MTU, EIO: the device or IPsec is in the way, EINVAL: older kernels' word
/// for either, and for more segments than they take (udp(7), UDP_SEGMENT).
[[nodiscard]] constexpr bool refuses_train(int error) noexcept {
  return error == EMSGSIZE || error == EIO || error == EINVAL;
}

/// The table has a fixed size: a peer that is forgotten early costs one more refused call.
class SplitPeers {
 public:
  void add(const sockaddr& peer, Instant now) noexcept;
  [[nodiscard]] bool contain(const sockaddr& peer, Instant now) const noexcept;

 private:
  struct Place {
    IpNumber peer;
    Instant until{};
  };
  std::array<Place, 16> places_{};
  std::size_t next_ = 0;  ///< The place to be taken next: the one taken longest ago.
  Instant until_{};       ///< None is left from then on.
};

}  // namespace netecho
