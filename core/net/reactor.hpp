#pragma once

/// \file
/// A reactor is one thread's event loop: readiness (epoll), timers and signals.

#include <csignal>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"

namespace netecho {

/// A handler is called when its descriptor is ready; `events` are epoll's.
class EventHandler {
 public:
  virtual void on_events(std::uint32_t events) noexcept = 0;

 protected:
  ~EventHandler() = default;
};

class Reactor {
 public:
  explicit Reactor(const Clock& clock = system_clock());
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Level-triggered unless EPOLLET is given. Throws SysError. `handler` must outlive remove().
  void add(int fd, std::uint32_t events, EventHandler& handler);
  void modify(int fd, std::uint32_t events, EventHandler& handler) noexcept;
  /// After this the handler gets no event any more, not even one already fetched. (One handler for
  /// two descriptors: the other's events come with the next wake, unless it uses EPOLLET.)
  void remove(int fd, EventHandler& handler) noexcept;

  /// A timer that, each time it is set, calls `action` once at that time or later, on the loop's
  /// thread. Equal times keep the order in which they were set.
  class Timer;
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> action);

  /// Blocks `signals` in this thread and calls `action` for each that arrives, on the loop. Those
  /// inherited as ignored stay so. They stay blocked after the reactor is gone. `action` must not
  /// throw.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> action);

  /// How many events the current epoll_wait has fetched that are not handled yet; 0 when the loop
  /// is otherwise idle. A handler may take a larger bite when nobody else waits.
  [[nodiscard]] std::size_t pending_events() const noexcept;

  /// The time at which the loop last woke: one clock read a wake, none a message.
  [[nodiscard]] Instant now() const noexcept;

  /// Runs until stop(), which may have come before. Handlers run on this thread, one at a time.
  void run();
  void stop() noexcept;  ///< From the loop's own thread or any other (it wakes the loop).

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A timer must not outlive its reactor. Its action may set, cancel or destroy any timer, its own
/// too.
class Reactor::Timer {
 public:
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void set(Instant at) noexcept;  ///< kNever cancels. Does not allocate.
  void cancel() noexcept;

 private:
  friend class Reactor;
  struct Entry;
  explicit Timer(std::unique_ptr<Entry> entry);
  std::unique_ptr<Entry> entry_;
};

}  // namespace netecho
