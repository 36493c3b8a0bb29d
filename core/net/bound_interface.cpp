#include "core/net/bound_interface.hpp"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace netecho {
namespace {

/// A socket of frames loses the number itself.
bool lost_link(int fd) noexcept {
  sockaddr_ll name{};
  socklen_t size = sizeof name;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0 &&
         name.sll_family == AF_PACKET && name.sll_ifindex < 0;
}

}  // namespace

std::string bound_interface(int fd) {
  std::array<char, IFNAMSIZ> name{};
  socklen_t size = name.size();
  const bool known = ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) == 0;
  return known && size > 1 ? std::string{name.data()} : std::string{};
}

bool lost_interface(int fd) noexcept {
  if (lost_link(fd)) return true;
  std::array<char, IFNAMSIZ> name{};
  socklen_t size = name.size();
  return ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) != 0 && errno == ENODEV;
}

}  // namespace netecho
