#include "core/host/rlimits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "core/base/error.hpp"

namespace netecho {

std::uint64_t fit_connections(std::uint64_t wanted, std::uint64_t other) {
  rlimit limit{};
  checked("getrlimit", "RLIMIT_NOFILE", [&] { return ::getrlimit(RLIMIT_NOFILE, &limit); });
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t needed = wanted > most - other ? most : wanted + other;
  if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = std::min<rlim_t>(needed, limit.rlim_max);
    // The kernel may have a lower bound (fs.nr_open); then what we have must be enough.
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const std::uint64_t room = limit.rlim_cur > other ? limit.rlim_cur - other : 1;
  return std::min(wanted, room);
}

}  // namespace netecho
