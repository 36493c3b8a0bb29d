#pragma once

/// \file
/// A timer that is made before there is anything to call: what can fail comes first.

#include <functional>
#include <memory>
#include <utility>

#include "core/net/reactor.hpp"

namespace netecho {

class Alarm {
 public:
  explicit Alarm(Reactor& reactor)
      : timer_{reactor.make_timer([this] {
          const auto action = action_;  // It may destroy this.
          action();
        })} {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// REQUIRES: called before the alarm is set.
  void calls(std::function<void()> action) { action_ = std::move(action); }
  void set(Instant at) noexcept { timer_->set(at); }  ///< kNever cancels.

 private:
  std::function<void()> action_;
  std::unique_ptr<Reactor::Timer> timer_;
};

}  // namespace netecho
