#include "core/host/pause.hpp"

#include <poll.h>

#include <array>
#include <ctime>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace netecho {

void wait_readable(int fd, Instant until, int interrupt_fd) {
  std::array<pollfd, 2> watched{{{interrupt_fd, POLLIN, 0}, {fd, POLLIN, 0}}};
  while (true) {
    const Duration left = until - monotonic_now();
    if (left <= Duration::zero()) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{static_cast<time_t>(seconds.count()),
                           static_cast<long>((left - seconds).count())};
    const int ready =
        ::ppoll(watched.data(), watched.size(), until == kNever ? nullptr : &timeout, nullptr);
    if (ready <= 0) continue;  // The time is over, or a signal that nobody waits for.
    if (watched[0].revents != 0) throw Interrupted{};
    if (watched[1].revents != 0) return;
  }
}

void pause_until(Instant until, int interrupt_fd) {
  wait_readable(-1, until, interrupt_fd);
}

}  // namespace netecho
