#include "core/net/reactor.hpp"

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "core/net/epoll.hpp"

namespace netecho {
namespace {

/// So many events make epoll calls few in a busy loop, and keep it a short scan to discard an event
/// that was already fetched.
constexpr std::size_t kEventsAWake = 256;

/// Timers are ordered by time, and for equal times by the calls of set().
struct TimerKey {
  Instant at{};
  std::uint64_t number = 0;
  friend bool operator<(const TimerKey& a, const TimerKey& b) noexcept {
    return std::tie(a.at, a.number) < std::tie(b.at, b.number);
  }
};

/// Ends the wait when another thread calls stop().
class WakeUp final : public EventHandler {
 public:
  WakeUp() : fd_{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {}

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void ring() const noexcept { static_cast<void>(::eventfd_write(fd_.get(), 1)); }
  void on_events(std::uint32_t /*events*/) noexcept override {
    eventfd_t ignored = 0;
    static_cast<void>(::eventfd_read(fd_.get(), &ignored));
  }

 private:
  UniqueFd fd_;
};

class SignalSource final : public EventHandler {
 public:
  SignalSource(const sigset_t& signals, std::function<void(int)> action)
      : fd_{checked("signalfd", "",
                    [&] { return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK); })},
        action_{std::move(action)} {}

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void on_events(std::uint32_t /*events*/) noexcept override {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      action_(static_cast<int>(info.ssi_signo));
    }
  }

 private:
  UniqueFd fd_;
  std::function<void(int)> action_;
};

bool is_ignored(int signal) noexcept {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

}  // namespace

struct Reactor::State {
  using Timers = std::map<TimerKey, Timer::Entry*>;

  explicit State(const Clock& source) : clock{source}, now{source.now()} {
    epoll.add(wake_up.fd(), EPOLLIN, static_cast<EventHandler*>(&wake_up));
  }

  /// Zero events are an ordinary outcome, even without a timer: the timers are checked again.
  int wait();
  void dispatch_events() noexcept;
  void dispatch_timers();

  const Clock& clock;
  Epoll epoll;
  WakeUp wake_up;
  std::vector<std::unique_ptr<SignalSource>> signal_sources;
  std::atomic<bool> stop_requested = false;
  Instant now;
  Timers timers;
  std::uint64_t timers_set = 0;
  std::size_t next = 0;   ///< First of `events` that is not handled yet.
  std::size_t count = 0;  ///< Fetched by the current wait.
  std::array<epoll_event, kEventsAWake> events;
};

/// Its map node is allocated once and moves between the map and here, so set() can't fail.
struct Reactor::Timer::Entry {
  State& state;
  /// Shared with the call in progress: an action may destroy its own timer.
  std::shared_ptr<std::function<void()>> action;
  State::Timers::node_type unarmed_node;
  TimerKey key;
};

int Reactor::State::wait() {
  if (timers.empty()) return epoll.wait(events, std::nullopt);
  return epoll.wait(events, timers.begin()->first.at - now);
}

void Reactor::State::dispatch_events() noexcept {
  while (next < count && !stop_requested.load(std::memory_order_relaxed)) {
    const epoll_event& event = events[next++];
    // Null: its handler was removed after the event was fetched.
    if (event.data.ptr != nullptr) {
      static_cast<EventHandler*>(event.data.ptr)->on_events(event.events);
    }
  }
  next = count = 0;
}

void Reactor::State::dispatch_timers() {
  // A timer that an action sets waits for the next wake, even if it is due: descriptors get their
  // turn in between.
  const std::uint64_t set_before = timers_set;
  auto due = timers.begin();
  while (due != timers.end() && due->first.at <= now && !stop_requested.load()) {
    if (due->first.number > set_before) {
      ++due;
      continue;
    }
    Timer::Entry& entry = *due->second;
    entry.unarmed_node = timers.extract(due);
    const auto action = entry.action;
    (*action)();
    due = timers.begin();  // The action may have changed anything.
  }
}

Reactor::Reactor(const Clock& clock) : state_{std::make_unique<State>(clock)} {}

Reactor::~Reactor() = default;

void Reactor::add(int fd, std::uint32_t events, EventHandler& handler) {
  state_->epoll.add(fd, events, &handler);
}

void Reactor::modify(int fd, std::uint32_t events, EventHandler& handler) noexcept {
  state_->epoll.modify(fd, events, &handler);
}

void Reactor::remove(int fd, EventHandler& handler) noexcept {
  state_->epoll.remove(fd);
  for (std::size_t i = state_->next; i < state_->count; ++i) {
    if (state_->events[i].data.ptr == &handler) state_->events[i].data.ptr = nullptr;
  }
}

std::unique_ptr<Reactor::Timer> Reactor::make_timer(std::function<void()> action) {
  auto entry = std::make_unique<Timer::Entry>(
      Timer::Entry{*state_, std::make_shared<std::function<void()>>(std::move(action)), {}, {}});
  const auto [position, inserted] =
      state_->timers.emplace(TimerKey{kNever, ++state_->timers_set}, entry.get());
  entry->unarmed_node = state_->timers.extract(position);
  return std::unique_ptr<Timer>{new Timer{std::move(entry)}};
}

void Reactor::on_signals(std::initializer_list<int> signals, std::function<void(int)> action) {
  sigset_t set{};
  sigemptyset(&set);
  bool any = false;
  for (const int signal : signals) {
    // Who started us with a signal ignored (nohup, a shell's background job) meant it.
    if (is_ignored(signal)) continue;
    sigaddset(&set, signal);
    any = true;
  }
  if (!any) return;
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) throw SysError{"sigmask", "", error};
  auto source = std::make_unique<SignalSource>(set, std::move(action));
  state_->epoll.add(source->fd(), EPOLLIN, static_cast<EventHandler*>(source.get()));
  state_->signal_sources.push_back(std::move(source));
}

std::size_t Reactor::pending_events() const noexcept {
  return state_->count - state_->next;
}

Instant Reactor::now() const noexcept {
  return state_->now;
}

void Reactor::run() {
  state_->now = state_->clock.now();
  while (!state_->stop_requested.load(std::memory_order_acquire)) {
    const int ready = state_->wait();
    state_->now = state_->clock.now();
    state_->next = 0;
    state_->count = static_cast<std::size_t>(ready);
    state_->dispatch_events();
    state_->dispatch_timers();
  }
  state_->stop_requested.store(false);
}

void Reactor::stop() noexcept {
  state_->stop_requested.store(true, std::memory_order_release);
  state_->wake_up.ring();
}

Reactor::Timer::Timer(std::unique_ptr<Entry> entry) : entry_{std::move(entry)} {}

Reactor::Timer::~Timer() {
  cancel();
}

void Reactor::Timer::set(Instant at) noexcept {
  cancel();
  if (at == kNever) return;
  State& state = entry_->state;
  entry_->key = TimerKey{at, ++state.timers_set};
  entry_->unarmed_node.key() = entry_->key;
  state.timers.insert(std::move(entry_->unarmed_node));
}

void Reactor::Timer::cancel() noexcept {
  if (entry_->unarmed_node.empty()) {
    entry_->unarmed_node = entry_->state.timers.extract(entry_->key);
  }
}

}  // namespace netecho
