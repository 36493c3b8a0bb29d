/// \file
/// For LD_PRELOAD: after SIGUSR1 the allocation number FAILING_MEMORY of the main thread fails, as
/// where there is no memory; all others are made.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>

extern "C" void* __libc_malloc(std::size_t bytes);  // NOLINT(bugprone-reserved-identifier)

namespace {

int number = 0;
volatile std::sig_atomic_t left = 0;

[[gnu::constructor]] void listen_to_signal() {
  const char* text = std::getenv("FAILING_MEMORY");
  if (text == nullptr) return;
  number = std::atoi(text);
  std::signal(SIGUSR1, [](int /*signal*/) { left = number; });
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
