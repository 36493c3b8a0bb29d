#include "core/host/interrupt.hpp"

#include <poll.h>

#include <csignal>

#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

bool is_readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

TEST_CASE("interrupt: a pending signal is readable until it is taken", "[interrupt][unit]") {
  ::signal(SIGINT, SIG_DFL);  // A shell starts background jobs with it ignored.
  Interrupt interrupt{SIGUSR1, SIGINT};
  CHECK_FALSE(is_readable(interrupt.fd()));
  CHECK_FALSE(interrupt.take());
  ::raise(SIGINT);
  CHECK(is_readable(interrupt.fd()));
  CHECK(interrupt.take() == SIGINT);
  CHECK_FALSE(is_readable(interrupt.fd()));
  CHECK_FALSE(interrupt.take());
}

TEST_CASE("interrupt: signals are taken one by one", "[interrupt][unit]") {
  ::signal(SIGINT, SIG_DFL);  // A shell starts background jobs with it ignored.
  Interrupt interrupt{SIGUSR1, SIGINT};
  ::raise(SIGUSR1);
  ::raise(SIGINT);
  CHECK(interrupt.take() == SIGINT);  // The lower number first (signal(7)).
  CHECK(interrupt.take() == SIGUSR1);
  CHECK_FALSE(interrupt.take());
}

TEST_CASE("interrupt: what was inherited as ignored stays ignored", "[interrupt][unit]") {
  CHECK(testing::holds_in_child([] {
    ::signal(SIGHUP, SIG_IGN);
    Interrupt interrupt{SIGHUP};
    ::raise(SIGHUP);
    return !interrupt.take() && interrupt.fd() >= 0 && !is_readable(interrupt.fd());
  }));
}

}  // namespace
}  // namespace netecho
