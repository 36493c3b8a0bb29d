#include "core/probe/poll_waiter.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace netecho {
namespace {

static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT);

std::uint32_t interest_of(const MessagePort& port) noexcept {
  return port.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

}  // namespace

PollWaiter::PollWaiter(Interrupt& interrupt) : interrupt_{interrupt} {
  // By default the kernel may end a sleep 50 µs late, to save wake-ups; what is measured here is
  // of that size. In nanoseconds; 0 would mean "the default".
  checked("prctl", "PR_SET_TIMERSLACK", [] { return ::prctl(PR_SET_TIMERSLACK, 1UL); });
}

void PollWaiter::watch(MessagePort& port, std::uint32_t id) {
  std::list<Watched> fresh;  // It joins the others once nothing can fail any more.
  fresh.push_back({.port = port, .id = id, .events = interest_of(port)});
  changed_.reserve(watched_.size() + 1);
  if (!epoll_ && watched_.size() == kFewPorts) begin_epoll();
  if (epoll_) epoll_->add(port.fd(), fresh.front().events, &fresh.front());
  const Place place = fresh.begin();
  watched_.splice(watched_.end(), fresh);
  places_.emplace(&port, place);
}

/// It is used once all are in it: where one is refused, the few are waited for as before.
void PollWaiter::begin_epoll() {
  Epoll all;
  all.add(interrupt_.fd(), EPOLLIN, nullptr);
  for (Watched& each : watched_) {
    each.events = interest_of(each.port);
    all.add(each.port.fd(), each.events, &each);
  }
  epoll_ = std::move(all);
}

void PollWaiter::unwatch(MessagePort& port) {
  const auto found = places_.find(&port);
  if (found == places_.end()) return;
  const Place place = found->second;
  if (epoll_) epoll_->remove(port.fd());
  if (place->place_in_changed) changed_[*place->place_in_changed] = nullptr;
  places_.erase(found);
  watched_.erase(place);
}

void PollWaiter::interest_changed(MessagePort& port) {
  if (!epoll_) return;  // Then each is asked before each wait.
  const auto found = places_.find(&port);
  if (found == places_.end() || found->second->place_in_changed) return;
  found->second->place_in_changed = changed_.size();
  changed_.push_back(&*found->second);
}

void SpinGuard::woke_late(Duration by) noexcept {
  // A third more than was needed, so that the next one, a little later, is covered as well. A lone
  // stray of milliseconds no more than doubles it; and it shrinks so slowly that of a thousand
  // sleeps it still covers the worst few.
  const Duration needed = std::clamp(by * 4 / 3, kLeast, kMost);
  length_ = needed > length_ ? std::min(needed, 2 * length_) : length_ - (length_ - needed) / 512;
}

Wake PollWaiter::wait(WakeTime deadline, WaitMode mode) {
  Instant now = monotonic_now();
  if (now < next_poll_ && tries_ports(now, deadline, mode)) return everyone();
  next_poll_ = now + kPollEvery;
  update_interest();
  while (true) {
    // Polls once even when the deadline has passed, so that a late schedule still sees replies.
    const std::size_t count = poll_once(now, deadline, mode);
    if (count > 0) return collect(count);
    now = monotonic_now();
    if (now >= deadline.at) return {};
    if (tries_ports(now, deadline, mode)) return everyone();
  }
}

/// Whether it spins at `now`, and has few ports: then all are named, and nobody asks which of them
/// are ready.
bool PollWaiter::tries_ports(Instant now, const WakeTime& deadline, WaitMode mode) const noexcept {
  if (watched_.empty() || watched_.size() > kFewPorts) return false;
  if (mode == WaitMode::spin) return true;
  return deadline.at != kNever && deadline.at - now <= guard(deadline);
}

/// What is not ready says so itself.
Wake PollWaiter::everyone() noexcept {
  std::size_t ready = 0;
  for (const Watched& each : watched_) ready_[ready++] = each.id;
  Wake wake;
  wake.ready = std::span{ready_}.first(ready);
  return wake;
}

void PollWaiter::update_interest() noexcept {
  for (Watched* const each : changed_) {
    if (each == nullptr) continue;
    each->place_in_changed.reset();
    const std::uint32_t events = interest_of(each->port);
    if (events == each->events) continue;
    each->events = events;
    epoll_->modify(each->port.fd(), events, each);
  }
  changed_.clear();
}

std::size_t PollWaiter::poll_once(Instant now, const WakeTime& deadline, WaitMode mode) {
  std::optional<Duration> timeout = Duration::zero();
  if (mode == WaitMode::block) {
    if (deadline.at == kNever) {
      timeout = std::nullopt;
    } else if (deadline.at - now > guard(deadline)) {
      timeout = deadline.at - now - guard(deadline);
    }
  }
  // It may end early (a debugger, SIGSTOP): the caller looks at the clock again.
  const int count = epoll_ ? epoll_->wait(events_, timeout) : poll_few(timeout);
  if (count == 0 && timeout && *timeout > Duration::zero()) {
    const Duration late = monotonic_now() - now - *timeout;
    if (late >= Duration::zero()) {
      wake_up_.record(late);
      guard_.woke_late(late);
    }
  }
  return static_cast<std::size_t>(count);
}

/// Puts into events_ what epoll would.
int PollWaiter::poll_few(std::optional<Duration> timeout) {
  std::array<pollfd, kFewPorts + 1> asked{{{interrupt_.fd(), POLLIN, 0}}};
  std::size_t count = 1;
  for (const Watched& each : watched_) {
    asked[count++] = {each.port.fd(), static_cast<short>(interest_of(each.port)), 0};
  }
  const int ready = poll_.wait(std::span{asked}.first(count), timeout);
  auto event = events_.begin();
  if (asked[0].revents != 0) (event++)->data.ptr = nullptr;
  auto of = asked.begin();
  for (Watched& each : watched_) {
    if ((++of)->revents != 0) (event++)->data.ptr = &each;
  }
  return ready;
}

Wake PollWaiter::collect(std::size_t count) noexcept {
  Wake wake;
  std::size_t ready = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* watched = static_cast<const Watched*>(events_[i].data.ptr)) {
      ready_[ready++] = watched->id;
      continue;
    }
    while (const auto signal = interrupt_.take()) {
      (*signal == SIGQUIT ? wake.report_requested : wake.interrupted) = true;
    }
  }
  wake.ready = std::span{ready_}.first(ready);
  return wake;
}

}  // namespace netecho
