#include "core/net/pause.hpp"

#include <array>

#include "core/base/error.hpp"
#include "core/net/deadline.hpp"

namespace netecho {

void wait_readable(int fd, Instant until, int interrupt_fd) {
  std::array<pollfd, 2> watched{{{interrupt_fd, POLLIN, 0}, {fd, POLLIN, 0}}};
  poll_until(watched, until);
  if (watched[0].revents != 0) throw Interrupted{};
}

void pause_until(Instant until, int interrupt_fd) {
  wait_readable(-1, until, interrupt_fd);
}

}  // namespace netecho
