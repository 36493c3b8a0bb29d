#include "core/net/poll.hpp"

#include <cerrno>

#include "core/base/error.hpp"
#include "core/net/epoll.hpp"

namespace netecho {
namespace {

/// So many failures in a row that poll(2) does not list are waited out: they come from outside (a
/// filter of system calls, injected faults), and may pass.
constexpr int kMaxPollFailures = 1000;

bool ends_polls(int error) noexcept {
  return error == EFAULT || error == EINVAL || error == ENOMEM;
}

}  // namespace

int Poll::wait(std::span<pollfd> descriptors, std::optional<Duration> timeout) {
  const timespec limit = to_timespec(timeout.value_or(Duration::zero()));
  const int ready =
      ::ppoll(descriptors.data(), descriptors.size(), timeout ? &limit : nullptr, nullptr);
  if (ready >= 0 || errno == EINTR) {
    failures_ = 0;
  } else if (ends_polls(errno) || ++failures_ == kMaxPollFailures) {
    throw SysError{"ppoll", "", errno};
  }
  if (ready >= 0) return ready;
  for (pollfd& each : descriptors) each.revents = 0;
  return 0;
}

}  // namespace netecho
