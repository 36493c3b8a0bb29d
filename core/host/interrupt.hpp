#pragma once

/// \file
/// Turns signals into readiness: a client waits for its sockets and for Ctrl-C in one place.

#include <initializer_list>
#include <optional>

#include "core/base/unique_fd.hpp"

namespace netecho {

/// Blocks the given signals (those not inherited as SIG_IGN, which stay ignored) and makes them
/// readable. A process has one, made before any other thread.
class Interrupt {
 public:
  explicit Interrupt(std::initializer_list<int> signals);
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }  ///< Readable: a signal is pending.
  [[nodiscard]] std::optional<int> take() noexcept;            ///< The next pending signal.

 private:
  UniqueFd fd_;
};

}  // namespace netecho
