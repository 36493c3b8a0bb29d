#pragma once

/// \file
/// Tells a service manager how far we are and that we are alive: the protocol of sd_notify(3) and
/// sd_watchdog_enabled(3), spoken here so that no library is needed for it.

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"

namespace netecho {

/// Talks to the socket that NOTIFY_SOCKET names, if any. No failure here may disturb the service.
/// The socket is opened and connected at once: later the service may run as another user, and
/// sandboxed.
class ServiceManager {
 public:
  /// REQUIRES: no other thread changes the environment.
  ServiceManager() noexcept;

  /// Sends `state` (such as "READY=1"); gives up silently after a second at most.
  void notify(std::string_view state) const noexcept;
  /// Sends WATCHDOG=1 without waiting.
  void ping() const noexcept;

 private:
  void send(std::string_view state, int flags) const noexcept;

  UniqueFd fd_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
};

/// These are the variables as found; null: not set.
struct WatchdogEnvironment {
  const char* usec = nullptr;
  const char* pid = nullptr;
};

/// Returns after how long without a ping process `self` is taken for dead; none if it is not
/// watched, or if a variable is malformed.
[[nodiscard]] std::optional<Duration> parse_watchdog(const WatchdogEnvironment& environment,
                                                     pid_t self) noexcept;

/// Returns the same for this process, from WATCHDOG_USEC and WATCHDOG_PID.
[[nodiscard]] std::optional<Duration> watchdog_timeout() noexcept;

}  // namespace netecho
