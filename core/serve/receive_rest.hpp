#pragma once

/// \file
/// A datagram socket on which receiving fails again and again (the kernel has no memory) rests for
/// a moment instead of being tried in a loop, and goes on by itself.

#include <functional>
#include <memory>

#include "core/serve/server_shared.hpp"

namespace netecho {

class ReceiveRest {
 public:
  /// `on_over`: the socket may be watched again.
  ReceiveRest(ServerShared& shared, const EndpointStats& endpoint, std::function<void()> on_over);

  /// Counts one more failure in a row. Returns true once there are too many: stop watching until
  /// `on_over`.
  [[nodiscard]] bool failed(int error) noexcept;
  void received() noexcept { failures_ = 0; }
  /// `on_over` will not be called any more.
  void cancel() noexcept { timer_->cancel(); }

 private:
  static constexpr int kMaxFailuresInARow = 100;

  ServerShared& shared_;
  const EndpointStats& endpoint_;
  std::unique_ptr<Reactor::Timer> timer_;
  int failures_ = 0;
};

}  // namespace netecho
