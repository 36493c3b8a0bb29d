#include "core/seam/peer_ref.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace netecho {
namespace {

static_assert(PeerRef::kAddressBytes >= sizeof(sockaddr_storage));

/// Copies as much as fits, and returns its size.
std::uint8_t copy_into(std::span<std::byte> to, std::span<const std::byte> from) noexcept {
  const std::span<const std::byte> fitting = from.first(std::min(from.size(), to.size()));
  std::copy(fitting.begin(), fitting.end(), to.begin());
  return static_cast<std::uint8_t>(fitting.size());
}

}  // namespace

PeerRef::PeerRef(std::span<const std::byte> address,
                 std::span<const std::byte> return_path) noexcept
    : address_size_{copy_into(address_, address)},
      return_path_size_{copy_into(return_path_, return_path)} {}

bool PeerRef::same_peer(const PeerRef& other) const noexcept {
  return std::ranges::equal(address(), other.address());
}

}  // namespace netecho
