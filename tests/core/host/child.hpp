#pragma once

/// \file
/// Runs code that changes the process itself (limits, descriptors, environment) in a child.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/coverage.hpp"

namespace netecho::testing {

/// Whether `check` returned true in a child process. REQUIRES: no other threads.
template <typename Check>
bool holds_in_child(Check&& check) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool held = false;
    try {
      held = check();
    } catch (...) {
      held = false;
    }
    save_coverage();
    ::_exit(held ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) REQUIRE(errno == EINTR);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace netecho::testing
