#include "core/net/deadline.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/epoll.hpp"

namespace netecho {

Instant deadline_after(Instant now, Duration duration) noexcept {
  return duration >= kNever - now ? kNever : now + duration;
}

std::string format_limit(Duration duration) {
  std::string text = format_duration(duration);
  const std::size_t space = text.find(' ');
  if (text.find('.') < space) {
    const std::size_t last = text.find_last_not_of('0', space - 1);
    const std::size_t keep = text[last] == '.' ? last : last + 1;
    text.erase(keep, space - keep);
  }
  return text;
}

int poll_until(std::span<pollfd> descriptors, Instant deadline) {
  while (true) {
    const Duration left = std::max(Duration::zero(), deadline - monotonic_now());
    const timespec timeout = to_timespec(left);
    const int ready = ::ppoll(descriptors.data(), descriptors.size(),
                              deadline == kNever ? nullptr : &timeout, nullptr);
    if (ready >= 0) return ready;
    if (errno != EINTR) throw SysError{"poll", "", errno};
  }
}

}  // namespace netecho
