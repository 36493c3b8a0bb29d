#include "core/host/rlimits.hpp"

#include <sys/resource.h>

#include <cstdint>
#include <limits>

#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

void set_limit(rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::_exit(2);
}

rlim_t soft_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

TEST_CASE("rlimits: the soft limit is raised only as far as needed", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    set_limit(100, 200);
    return fit_connections(20, 64) == 20 && soft_limit() == 100 && fit_connections(50, 64) == 50 &&
           soft_limit() == 114;
  }));
}

TEST_CASE("rlimits: the hard limit bounds what fits", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    set_limit(100, 200);
    return fit_connections(10000, 64) == 136 && soft_limit() == 200 &&
           fit_connections(std::numeric_limits<std::uint64_t>::max(), 64) == 136;
  }));
}

TEST_CASE("rlimits: one connection is always tried", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    set_limit(20, 20);
    return fit_connections(10, 64) == 1;
  }));
}

}  // namespace
}  // namespace netecho
