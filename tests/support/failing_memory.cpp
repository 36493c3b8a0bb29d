/// \file
/// For LD_PRELOAD: after the n-th SIGUSR1 the n-th allocation that the main thread makes fails, as
/// where there is no memory; all others are made. It is counted from the next wait for events, so
/// that what one event takes lacks memory once: what then gives memory back has some.

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

extern "C" void* __libc_malloc(std::size_t bytes);  // NOLINT(bugprone-reserved-identifier)

namespace {

volatile std::sig_atomic_t signals = 0;
volatile std::sig_atomic_t asked = 0;
volatile std::sig_atomic_t left = 0;

[[gnu::constructor]] void listen_to_signal() {
  std::signal(SIGUSR1, [](int /*signal*/) {
    signals = signals + 1;
    asked = signals;
  });
}

bool on_main_thread() {
  return ::getpid() == ::syscall(SYS_gettid);
}

}  // namespace

extern "C" void* malloc(std::size_t bytes) {
  if (left > 0 && on_main_thread()) {
    left = left - 1;
    if (left == 0) {
      errno = ENOMEM;
      return nullptr;
    }
  }
  return __libc_malloc(bytes);
}

namespace {

void begin_to_count() {
  if (asked == 0 || !on_main_thread()) return;
  left = asked;
  asked = 0;
}

}  // namespace

extern "C" int epoll_pwait2(int epoll, epoll_event* events, int most, const timespec* timeout,
                            const sigset_t* mask) {
  begin_to_count();
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait2, epoll, events, most, timeout, mask, sizeof(std::uint64_t)));
}

/// Where the kernel has no epoll_pwait2().
extern "C" int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  begin_to_count();
  return static_cast<int>(::syscall(SYS_epoll_pwait, epoll, events, most, timeout_ms, nullptr, 0));
}
