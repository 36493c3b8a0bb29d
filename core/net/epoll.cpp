#include "core/net/epoll.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "core/base/error.hpp"

namespace netecho {
namespace {

/// The result is rounded up, as a wait must not end before its time.
int to_timeout_ms(Duration duration) noexcept {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::min<std::int64_t>(ms, std::numeric_limits<int>::max()));
}

/// So many failures in a row that the manual does not list are waited out: they come from outside
/// (a filter of system calls, injected faults), and may pass.
constexpr int kMaxFailuresInARow = 1000;

/// Sandboxes that do not know the call answer EPERM, old kernels ENOSYS.
bool is_missing(int error) noexcept {
  return error == ENOSYS || error == EPERM;
}

bool probe_nanosecond_wait(int epoll) noexcept {
  epoll_event ignored{};
  const timespec at_once{};
  return ::epoll_pwait2(epoll, &ignored, 1, &at_once, nullptr) >= 0 || !is_missing(errno);
}

/// These errors are listed by epoll_ctl(2) and epoll_wait(2): our own mistakes, and what the kernel
/// has run out of.
bool is_final(int error) noexcept {
  switch (error) {
    case EBADF:
    case EEXIST:
    case EFAULT:
    case EINVAL:
    case ELOOP:
    case ENOENT:
    case ENOMEM:
    case ENOSPC:
    case EPERM:
      return true;
    default:
      return false;
  }
}

int control(int epoll, int operation, int fd, epoll_event* event) noexcept {
  int failures = 0;
  while (::epoll_ctl(epoll, operation, fd, event) != 0) {
    if (is_final(errno) || ++failures == kMaxFailuresInARow) return -1;
  }
  return 0;
}

}  // namespace

timespec to_timespec(Duration duration) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  timespec out{};
  out.tv_sec = seconds.count();
  out.tv_nsec = (duration - seconds).count();
  return out;
}

Epoll::Epoll()
    : fd_{checked("epoll_create1", "", [] { return ::epoll_create1(EPOLL_CLOEXEC); })},
      has_nanosecond_wait_{probe_nanosecond_wait(fd_.get())} {}

void Epoll::add(int fd, std::uint32_t events, void* data) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  checked("epoll_ctl", "", [&] { return control(fd_.get(), EPOLL_CTL_ADD, fd, &event); });
}

void Epoll::modify(int fd, std::uint32_t events, void* data) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  if (control(fd_.get(), EPOLL_CTL_MOD, fd, &event) != 0) std::abort();
}

void Epoll::remove(int fd) noexcept {
  control(fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

int Epoll::wait(std::span<epoll_event> events, std::optional<Duration> timeout) {
  const int ready = wait_once(events, timeout);
  if (ready >= 0 || errno == EINTR) {
    failures_ = 0;
    return std::max(ready, 0);
  }
  const int error = errno;
  if (has_nanosecond_wait_ && is_missing(error)) {
    has_nanosecond_wait_ = false;
  } else if (is_final(error) || ++failures_ == kMaxFailuresInARow) {
    throw SysError{"epoll_wait", "", error};
  }
  return 0;
}

int Epoll::wait_once(std::span<epoll_event> events, std::optional<Duration> timeout) noexcept {
  const int capacity = static_cast<int>(events.size());
  const Duration left = std::max(Duration::zero(), timeout.value_or(Duration::zero()));
  // What takes no time needs no clock set up in the kernel: the older call is the shorter one.
  if (!timeout || left == Duration::zero() || !has_nanosecond_wait_) {
    return ::epoll_wait(fd_.get(), events.data(), capacity, timeout ? to_timeout_ms(left) : -1);
  }
  const timespec limit = to_timespec(left);
  return ::epoll_pwait2(fd_.get(), events.data(), capacity, &limit, nullptr);
}

Duration Epoll::granularity() const noexcept {
  return has_nanosecond_wait_ ? Duration::zero() : std::chrono::milliseconds{1};
}

}  // namespace netecho
