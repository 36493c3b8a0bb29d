#include "core/host/interrupt.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/error.hpp"

namespace netecho {
namespace {

bool is_ignored(int signal) noexcept {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

}  // namespace

Interrupt::Interrupt(std::initializer_list<int> signals) {
  sigset_t set{};
  sigemptyset(&set);
  for (const int signal : signals) {
    // Who started us with a signal ignored (nohup, a shell's background job) meant it.
    if (!is_ignored(signal)) sigaddset(&set, signal);
  }
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) throw SysError{"sigmask", "", error};
  // An empty set is fine: a descriptor that is never readable.
  fd_.reset(
      checked("signalfd", "", [&] { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); }));
}

std::optional<int> Interrupt::take() noexcept {
  signalfd_siginfo info{};
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), &info, sizeof info);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace netecho
