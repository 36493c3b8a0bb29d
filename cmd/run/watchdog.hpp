#pragma once

/// \file
/// A service manager is told that the event loop still turns, as often as it wants to hear it.

#include <memory>
#include <optional>

#include "core/host/sd_notify.hpp"
#include "core/net/reactor.hpp"

namespace netecho {

/// Pings twice within `timeout`, on the loop itself: when that hangs, so does this. Without a
/// time-out it never pings.
class Watchdog {
 public:
  Watchdog(Reactor& reactor, const ServiceManager& manager, std::optional<Duration> timeout);

 private:
  void beat();

  Reactor& reactor_;
  const ServiceManager& manager_;
  Duration interval_;
  std::unique_ptr<Reactor::Timer> timer_;
};

}  // namespace netecho
