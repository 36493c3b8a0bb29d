#pragma once

/// \file
/// Shows that code calls abort(), as it does when a promise of our own is broken.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tests/support/catch.hpp"
#include "tests/support/coverage.hpp"

namespace netecho::testing {

inline constexpr int kAborted = 42;

/// Whether `action` calls abort(), in a child process. REQUIRES: no other threads.
template <typename Action>
[[nodiscard]] bool aborts(Action&& action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Instead of a core dump: ends like other children, and what was run counts as covered.
    std::signal(SIGABRT, [](int) {
      save_coverage();
      ::_exit(kAborted);
    });
    action();
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) REQUIRE(errno == EINTR);
  return WIFEXITED(status) && WEXITSTATUS(status) == kAborted;
}

}  // namespace netecho::testing
