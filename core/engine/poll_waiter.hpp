#pragma once

/// \file
/// How a client really waits: sleeping in epoll until shortly before a deadline, then spinning.

#include <array>
#include <memory>
#include <vector>

#include "core/engine/waiter.hpp"
#include "core/host/interrupt.hpp"
#include "core/net/epoll.hpp"

namespace netecho {

/// A sleep ends this much before the deadline; the rest is spun away. Covers how late a sleeping
/// core comes back (typically 50 µs; it costs at most this much processor time a deadline).
inline constexpr Duration kSpinBeforeDeadline = std::chrono::microseconds{60};

/// To be made and used on one thread, whose timer slack it sets.
class PollWaiter final : public Waiter {
 public:
  /// SIGQUIT from `interrupt` asks for a report, every other signal interrupts. Throws SysError.
  explicit PollWaiter(Interrupt& interrupt);

  void watch(MessagePort& port, std::uint32_t id) override;
  void unwatch(MessagePort& port) override;
  Wake wait(Instant deadline, WaitMode mode) noexcept override;

 private:
  struct Watched {
    MessagePort& port;
    std::uint32_t id;
    std::uint32_t events;  ///< As epoll knows them.
  };
  static constexpr std::size_t kEventsAWake = 64;

  void update_interest() noexcept;
  [[nodiscard]] std::size_t poll_once(Instant now, Instant deadline, WaitMode mode) noexcept;
  [[nodiscard]] Wake collect(std::size_t count) noexcept;

  Interrupt& interrupt_;
  Epoll epoll_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::array<epoll_event, kEventsAWake> events_{};
  std::array<std::uint32_t, kEventsAWake> ready_{};
};

}  // namespace netecho
