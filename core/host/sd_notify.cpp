#include "core/host/sd_notify.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "core/base/unique_fd.hpp"

namespace netecho {

void sd_notify(std::string_view state) noexcept {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view name = variable != nullptr ? variable : "";
  sockaddr_un manager{};
  if (name.size() < 2 || name.size() >= sizeof manager.sun_path) return;
  if (name.front() != '/' && name.front() != '@') return;  // vsock: is for virtual machines.
  manager.sun_family = AF_UNIX;
  char* path = static_cast<char*>(manager.sun_path);
  std::memcpy(path, name.data(), name.size());
  if (name.front() == '@') *path = '\0';
  const UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  // A manager that does not read may not hold us up for longer than this.
  constexpr timeval kLimit{1, 0};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kLimit, sizeof kLimit) != 0) return;
  // Neither a path nor an abstract name counts a final NUL here.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  static_cast<void>(::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&manager), size));
}

}  // namespace netecho
