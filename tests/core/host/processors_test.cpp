#include "core/host/processors.hpp"

#include <sched.h>

#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

using Paths = std::vector<std::string>;

TEST_CASE("processors: a quota is rounded down to whole ones, but never to none", "[host][unit]") {
  CHECK(processors_of_quota("200000 100000\n") == 2);
  CHECK(processors_of_quota("399999 100000\n") == 3);
  CHECK(processors_of_quota("50000 100000\n") == 1);
  CHECK(processors_of_quota("1000 50000") == 1);
}

TEST_CASE("processors: what is no quota limits nothing", "[host][unit]") {
  const auto* const text = GENERATE("max 100000\n", "", "\n", "200000", "200000 ", "200000 0\n",
                                    "-1 100000\n", "200000 max\n", "99999999999999999999 1\n");
  CAPTURE(text);
  CHECK(processors_of_quota(text) == std::nullopt);
}

TEST_CASE("processors: the cgroup of version 2 is named with all that it is in", "[host][unit]") {
  CHECK(cgroup_paths("0::/system.slice/netecho.service\n") ==
        Paths{"/system.slice/netecho.service", "/system.slice", ""});
  CHECK(cgroup_paths("9:cpu,cpuacct:/other\n0::/a\n") == Paths{"/a", ""});
  CHECK(cgroup_paths("0::/\n") == Paths{""});
}

TEST_CASE("processors: without version 2 there is no cgroup to ask", "[host][unit]") {
  const auto* const text = GENERATE("", "\n", "9:cpu,cpuacct:/other\n", "9:cpu:/other");
  CAPTURE(text);
  CHECK(cgroup_paths(text).empty());
}

TEST_CASE("processors: one that may run on a single one uses no more", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return false;
    std::size_t first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    return ::sched_setaffinity(0, sizeof set, &set) == 0 && usable_processors() == 1;
  }));
}

}  // namespace
}  // namespace netecho
