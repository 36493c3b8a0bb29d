/// \file
/// For LD_PRELOAD: after the n-th SIGUSR1 the n-th allocation of the main thread that follows
/// fails, as where there is no memory; all others are made.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

extern "C" void* __libc_malloc(std::size_t bytes);  // NOLINT(bugprone-reserved-identifier)

namespace {

volatile std::sig_atomic_t signals = 0;
volatile std::sig_atomic_t left = 0;

[[gnu::constructor]] void listen_to_signal() {
  std::signal(SIGUSR1, [](int /*signal*/) {
    signals = signals + 1;
    left = signals;
  });
}

}  // namespace

extern "C" void* malloc(std::size_t bytes) {
  if (left > 0 && ::getpid() == ::syscall(SYS_gettid)) {
    left = left - 1;
    if (left == 0) {
      errno = ENOMEM;
      return nullptr;
    }
  }
  return __libc_malloc(bytes);
}
