#include "core/net/socket_ends.hpp"

#include "core/net/socket_address.hpp"

namespace netecho {

std::optional<SocketDescription> describe_peer(int fd, const SocketKind& kind) {
  return describe(peer_address(fd), kind);
}

std::optional<SocketDescription> describe_local(int fd, const SocketKind& kind) {
  return describe(local_address(fd), kind);
}

}  // namespace netecho
