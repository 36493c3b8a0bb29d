#pragma once

/// \file
/// Another program takes the place of this one, as if it had been started in the first place.

#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

namespace netecho {

/// A reader that is gone (SIGPIPE) and a file at its limit (SIGXFSZ, ulimit -f) are told by what
/// write() returns, so that results that were measured are not lost with the process. main() calls
/// this first of all.
void ignore_signals_of_writing() noexcept;

/// Remembers what a program inherits from its process and netecho changes in it: the signals that
/// are blocked, and how many descriptors it may open. To be made before Interrupt and
/// fit_connections().
class Handover {
 public:
  Handover();

  /// Becomes `command`, which is looked for in PATH if its name has no slash. It gets the signal
  /// mask, the dispositions and the limits that netecho was started with; of descriptors, those
  /// that netecho was started with, since all others are close-on-exec. No shell has a part in it.
  /// Returns only if that failed, with the errno: ENOENT if there is no such program. REQUIRES:
  /// `command` is not empty.
  [[nodiscard]] int become(const std::vector<std::string>& command) const;

 private:
  sigset_t blocked_{};
  rlimit descriptors_{};
};

}  // namespace netecho
