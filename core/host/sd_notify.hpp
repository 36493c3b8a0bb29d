#pragma once

/// \file
/// Tells a service manager how far we are: the protocol of sd_notify(3). Does nothing where
/// NOTIFY_SOCKET is not set, and nothing that fails here may disturb the service.

#include <string_view>

namespace netecho {

/// Sends `state` (such as "READY=1") to $NOTIFY_SOCKET; gives up silently after a second at most.
/// REQUIRES: no other thread changes the environment.
void sd_notify(std::string_view state) noexcept;

inline void notify_ready() noexcept {
  sd_notify("READY=1");
}
inline void notify_stopping() noexcept {
  sd_notify("STOPPING=1");
}

}  // namespace netecho
