#include "core/net/bound_interface.hpp"

#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace netecho {

std::string bound_interface(int fd) {
  std::array<char, IFNAMSIZ> name{};
  socklen_t size = name.size();
  const bool known = ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) == 0;
  return known && size > 1 ? std::string{name.data()} : std::string{};
}

bool lost_interface(int fd) noexcept {
  std::array<char, IFNAMSIZ> name{};
  socklen_t size = name.size();
  return ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) != 0 && errno == ENODEV;
}

}  // namespace netecho
