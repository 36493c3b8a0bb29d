#include "core/host/handover.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "core/host/interrupt.hpp"
#include "core/host/rlimits.hpp"
#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

bool is_ignored(int signal) {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

rlim_t soft_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

bool is_blocked(int signal) {
  sigset_t blocked{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return sigismember(&blocked, signal) == 1;
}

/// Whether /bin/sh, which takes the place of a child, ends this script with 0.
bool child_becomes(const char* script) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit few{60, 100};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(2);
    ignore_signals_of_writing();
    const Handover handover;
    const Interrupt interrupt{SIGINT, SIGTERM};
    static_cast<void>(fit_connections(100, 16));
    if (soft_limit() != 100) ::_exit(3);
    static_cast<void>(handover.become({"sh", "-c", script}));
    ::_exit(4);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) REQUIRE(errno == EINTR);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("handover: a program gets limits and signals as they were", "[host][unit]") {
  CHECK(child_becomes("test $(ulimit -Sn) = 60 && test $(ulimit -Hn) = 100"));
  // Bits 2 and 15 are SIGINT and SIGTERM, 13 SIGPIPE, 25 SIGXFSZ.
  CHECK(child_becomes("set -- $(grep SigBlk /proc/self/status); test $((0x$2 & 0x4002)) = 0"));
  CHECK(child_becomes(
      "set -- $(grep SigIgn /proc/self/status); test $((0x$2 & 0x1001000)) = $((0x1000000))"));
}

TEST_CASE("handover: what can't be run is told from what is not there", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    const Handover handover;
    const auto error = [&](const char* program) { return handover.become({program, "x"}); };
    return error("no-such-program-anywhere") == ENOENT && error("/no/such/program") == ENOENT &&
           error("") == ENOENT && error("/") == EACCES && error("/etc/passwd") == EACCES;
  }));
}

TEST_CASE("handover: who can't hand over writes on", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    std::signal(SIGPIPE, SIG_DFL);
    ignore_signals_of_writing();
    const Handover handover;
    const Interrupt interrupt{SIGINT};
    const bool blocked = is_blocked(SIGINT);
    return handover.become({"/no/such/program"}) == ENOENT && is_ignored(SIGPIPE) && blocked;
  }));
}

}  // namespace
}  // namespace netecho
