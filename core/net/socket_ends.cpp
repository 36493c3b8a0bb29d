#include "core/net/socket_ends.hpp"

#include <sys/socket.h>

#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

std::optional<SocketType> socket_type(int fd) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return std::nullopt;
  switch (type) {
    case SOCK_STREAM:
      return SocketType::stream;
    case SOCK_DGRAM:
      return SocketType::datagram;
    case SOCK_SEQPACKET:
      return SocketType::seqpacket;
    default:
      return std::nullopt;
  }
}

std::optional<SocketDescription> describe_end(const SocketAddress& address, int fd) {
  const auto type = socket_type(fd);
  if (!type || address.size() == 0) return std::nullopt;
  return describe(address, *type);
}

}  // namespace

std::optional<SocketDescription> describe_peer(int fd) {
  return describe_end(peer_address(fd), fd);
}

std::optional<SocketDescription> describe_local(int fd) {
  return describe_end(local_address(fd), fd);
}

}  // namespace netecho
