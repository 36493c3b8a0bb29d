#include "cmd/run/watchdog.hpp"

#include <algorithm>
#include <chrono>

namespace netecho {
namespace {

/// A manager in a hurry must not keep the loop busy.
constexpr Duration kShortest = std::chrono::milliseconds{1};

}  // namespace

Watchdog::Watchdog(Reactor& reactor, const ServiceManager& manager, std::optional<Duration> timeout)
    : reactor_{reactor},
      manager_{manager},
      interval_{std::max(kShortest, timeout.value_or(Duration::zero()) / 2)},
      timer_{reactor.make_timer([this] { beat(); })} {
  if (timeout) timer_->set(reactor.now() + interval_);
}

void Watchdog::beat() {
  manager_.ping();
  timer_->set(reactor_.now() + interval_);
}

}  // namespace netecho
