#include "protocols/stream/connect_events.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace netecho {
namespace {

/// Marks the descriptors that belong to no connection.
constexpr std::uint64_t kOwnId = UINT64_MAX;

}  // namespace

ConnectEvents::ConnectEvents(Turns turns, const std::string& subject)
    : epoll_{checked("epoll_create1", subject, [] { return ::epoll_create1(EPOLL_CLOEXEC); })},
      news_{checked("eventfd", subject, [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
  watch_own(news_.get(), subject);
  if (turns == Turns::none) return;
  timer_.reset(checked("timerfd_create", subject, [] {
    return ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  }));
  watch_own(timer_.get(), subject);
}

void ConnectEvents::watch_own(int fd, const std::string& subject) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kOwnId;
  checked("epoll_ctl", subject,
          [&] { return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event); });
}

int ConnectEvents::watch(int fd, std::uint64_t id) noexcept {
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLONESHOT;
  event.data.u64 = id;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

ConnectEvents::Over ConnectEvents::poll() noexcept {
  std::array<epoll_event, kAtOnce> events{};
  const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  const Instant at = monotonic_now();
  std::size_t count = 0;
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 != kOwnId) over_[count++] = {event.data.u64, (event.events & EPOLLERR) != 0};
  }
  return {std::span{over_}.first(count), at};
}

void ConnectEvents::set_turn(Instant when) noexcept {
  turn_ = when;
  itimerspec at{};
  if (when != kNever) {
    const auto ns = when.time_since_epoch().count();
    at.it_value = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  }
  static_cast<void>(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr));
}

void ConnectEvents::tell() noexcept {
  if (std::exchange(has_news_, true)) return;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(news_.get(), &one, sizeof one));
}

void ConnectEvents::told() noexcept {
  if (!std::exchange(has_news_, false)) return;
  std::uint64_t times = 0;
  static_cast<void>(!::read(news_.get(), &times, sizeof times));
}

}  // namespace netecho
