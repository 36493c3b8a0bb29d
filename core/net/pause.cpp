#include "core/net/pause.hpp"

#include <array>

#include "core/base/error.hpp"
#include "core/net/deadline.hpp"

namespace netecho {

bool wait_readable_or_ended(int fd, int connection, Instant until, int interrupt_fd) {
  std::array<pollfd, 3> watched{
      {{interrupt_fd, POLLIN, 0}, {fd, POLLIN, 0}, {connection, POLLRDHUP, 0}}};
  poll_until(watched, until);
  if (watched[0].revents != 0) throw Interrupted{};
  return watched[2].revents != 0;
}

void wait_readable(int fd, Instant until, int interrupt_fd) {
  static_cast<void>(wait_readable_or_ended(fd, -1, until, interrupt_fd));
}

void pause_until(Instant until, int interrupt_fd) {
  wait_readable(-1, until, interrupt_fd);
}

}  // namespace netecho
