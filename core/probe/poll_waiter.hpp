#pragma once

/// \file
/// How a client really waits: sleeping until shortly before a deadline, then spinning.

#include <array>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/host/interrupt.hpp"
#include "core/net/epoll.hpp"
#include "core/net/poll.hpp"
#include "core/probe/waiter.hpp"

namespace netecho {

/// How much before a deadline a sleep is to end; the rest is spun away. It covers how late a
/// sleeping core comes back, which it learns from every sleep: at once when that grows, slowly when
/// it shrinks.
class SpinGuard {
 public:
  [[nodiscard]] Duration length() const noexcept { return length_; }
  /// A sleep ended this much later than asked.
  void woke_late(Duration by) noexcept;

 private:
  static constexpr Duration kStart = std::chrono::microseconds{80};
  static constexpr Duration kLeast = std::chrono::microseconds{20};
  /// Whatever a busy machine does, no more than this is spun away: it costs processor time.
  static constexpr Duration kMost = std::chrono::microseconds{500};
  Duration length_ = kStart;
};

/// To be made and used on one thread, whose timer slack it sets.
///
/// Few ports are waited for by poll(2), more of them by epoll(7). Who is in an epoll is told of
/// each message that comes or leaves, even while nobody waits; in a flood of single frames that is
/// a seventh of the time.
class PollWaiter final : public Waiter {
 public:
  /// So many ports are few. They are spun on by trying them: a call to ask for them would only come
  /// in between.
  static constexpr std::size_t kFewPorts = 4;
  /// Signals are then looked for so often. Turns are no measure: one may take milliseconds.
  static constexpr Duration kPollEvery = std::chrono::milliseconds{1};

  /// SIGQUIT from `interrupt` asks for a report, every other signal interrupts. Throws SysError.
  explicit PollWaiter(Interrupt& interrupt);

  void watch(MessagePort& port, std::uint32_t id) override;
  void unwatch(MessagePort& port) override;
  void interest_changed(MessagePort& port) override;
  Wake wait(WakeTime deadline, WaitMode mode) override;
  [[nodiscard]] const Histogram* wake_up_latency() const noexcept override { return &wake_up_; }

 private:
  struct Watched {
    MessagePort& port;
    std::uint32_t id;
    std::uint32_t events;  ///< As epoll knows them.
    std::optional<std::size_t> place_in_changed{};
  };
  using Place = std::list<Watched>::iterator;
  static constexpr std::size_t kEventsAWake = 64;

  /// How long before a deadline a sleep has to end.
  [[nodiscard]] Duration guard(const WakeTime& deadline) const noexcept {
    if (!deadline.exact) return Duration::zero();
    return guard_.length() + (epoll_ ? epoll_->granularity() : Duration::zero());
  }
  [[nodiscard]] bool tries_ports(Instant now, const WakeTime& deadline,
                                 WaitMode mode) const noexcept;
  void begin_epoll();
  void update_interest() noexcept;
  [[nodiscard]] std::size_t poll_once(Instant now, const WakeTime& deadline, WaitMode mode);
  [[nodiscard]] int poll_few(std::optional<Duration> timeout);
  [[nodiscard]] Wake collect(std::size_t count) noexcept;
  [[nodiscard]] Wake everyone() noexcept;

  Interrupt& interrupt_;
  Poll poll_;
  std::optional<Epoll> epoll_;  ///< Once there were more than few ports, and from then on.
  SpinGuard guard_;
  Histogram wake_up_;
  Instant next_poll_{};
  std::list<Watched> watched_;  ///< In the order in which they came; epoll points to each.
  std::unordered_map<const MessagePort*, Place> places_;
  /// To be asked before the next wait; null if it is not watched any more.
  std::vector<Watched*> changed_;
  std::array<epoll_event, kEventsAWake> events_{};  ///< Of few ports, too.
  std::array<std::uint32_t, kEventsAWake> ready_{};
};

}  // namespace netecho
