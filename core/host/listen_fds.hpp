#pragma once

/// \file
/// Sockets that a service manager opened for us: the protocol of sd_listen_fds(3), spoken here so
/// that no library is needed for it.

#include <sys/types.h>

#include <string>
#include <vector>

namespace netecho {

struct ListenFd {
  int fd = -1;       ///< Open and now close-on-exec; not owned.
  std::string name;  ///< From LISTEN_FDNAMES; "unknown" without one.
};

/// These are the variables as found; null: not set.
struct ListenEnvironment {
  const char* pid = nullptr;
  const char* fds = nullptr;
  const char* names = nullptr;
};

/// Returns what the environment says, checked; nothing unless the sockets are meant for process
/// `self`. Does not touch the descriptors. Throws a usage Error for variables that contradict
/// themselves.
[[nodiscard]] std::vector<ListenFd> parse_listen_fds(const ListenEnvironment& environment,
                                                     pid_t self);

/// Returns the sockets passed to this process. The environment is read once, so later calls return
/// the same. Throws a usage Error for a broken environment or a descriptor that is not open.
[[nodiscard]] const std::vector<ListenFd>& listen_fds();

/// Removes the variables, so that no child takes our sockets for its own. Reads them first.
/// REQUIRES: no other thread uses the environment.
void unset_listen_environment();

}  // namespace netecho
