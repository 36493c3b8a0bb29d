#include "core/net/reactor.hpp"

#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/core/net/sockets.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using testing::socket_pair;

class Handler final : public EventHandler {
 public:
  explicit Handler(std::function<void(std::uint32_t)> action) : action_{std::move(action)} {}
  void on_events(std::uint32_t events) noexcept override { action_(events); }

 private:
  std::function<void(std::uint32_t)> action_;
};

/// A socket that is readable from the start.
std::pair<UniqueFd, UniqueFd> readable_pair() {
  auto pair = socket_pair();
  REQUIRE(::write(pair.second.get(), "x", 1) == 1);
  return pair;
}

/// Another second at every look.
class StrideClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return Instant{} + ++reads * 1s; }
  [[nodiscard]] WallTime wall_now() const noexcept override { return {}; }
  mutable int reads = 0;
};

TEST_CASE("reactor: a readable descriptor reaches its handler", "[reactor][loopback]") {
  Reactor reactor;
  const auto [near, far] = readable_pair();
  std::uint32_t seen = 0;
  Handler handler{[&](std::uint32_t events) {
    seen = events;
    reactor.stop();
  }};
  reactor.add(near.get(), EPOLLIN, handler);
  reactor.run();
  CHECK(seen == EPOLLIN);
}

TEST_CASE("reactor: a descriptor is quiet while nothing is asked of it", "[reactor][loopback]") {
  Reactor reactor;
  const auto pair = readable_pair();
  const int near = pair.first.get();
  std::string order;
  Handler handler{[&](std::uint32_t) {
    order += "event ";
    reactor.stop();
  }};
  reactor.add(near, EPOLLIN, handler);
  reactor.modify(near, 0, handler);
  const auto timer = reactor.make_timer([&] {
    order += "timer ";
    reactor.modify(near, EPOLLIN, handler);
  });
  timer->set(reactor.now() + 2ms);
  reactor.run();
  CHECK(order == "timer event ");
}

TEST_CASE("reactor: a descriptor that is no descriptor is refused", "[reactor][unit]") {
  Reactor reactor;
  Handler handler{[](std::uint32_t) {}};
  CHECK_THROWS_AS(reactor.add(-1, EPOLLIN, handler), SysError);
}

TEST_CASE("reactor: a handler removed by another gets no event already fetched",
          "[reactor][loopback]") {
  Reactor reactor;
  const auto first = readable_pair();
  const auto second = readable_pair();
  int calls = 0;
  std::unique_ptr<Handler> a;
  std::unique_ptr<Handler> b;
  const auto timer = reactor.make_timer([&] { reactor.stop(); });
  a = std::make_unique<Handler>([&](std::uint32_t) {
    ++calls;
    CHECK(reactor.pending_events() == 1);
    reactor.remove(second.first.get(), *b);
    b.reset();  // A late event would be a use after free.
    reactor.modify(first.first.get(), 0, *a);
    timer->set(reactor.now());
  });
  b = std::make_unique<Handler>([&](std::uint32_t) {
    ++calls;
    CHECK(reactor.pending_events() == 1);
    reactor.remove(first.first.get(), *a);
    a.reset();
    reactor.modify(second.first.get(), 0, *b);
    timer->set(reactor.now());
  });
  reactor.add(first.first.get(), EPOLLIN, *a);
  reactor.add(second.first.get(), EPOLLIN, *b);
  reactor.run();
  CHECK(calls == 1);
}

TEST_CASE("reactor: pending events count down to none", "[reactor][loopback]") {
  Reactor reactor;
  std::vector<std::pair<UniqueFd, UniqueFd>> pairs;
  std::vector<std::size_t> pending;
  Handler handler{[&](std::uint32_t) {
    pending.push_back(reactor.pending_events());
    if (pending.size() == 3) reactor.stop();
  }};
  for (int i = 0; i < 3; ++i) {
    pairs.push_back(readable_pair());
    reactor.add(pairs.back().first.get(), EPOLLIN, handler);
  }
  CHECK(reactor.pending_events() == 0);
  reactor.run();
  CHECK(pending == std::vector<std::size_t>{2, 1, 0});
  CHECK(reactor.pending_events() == 0);
}

TEST_CASE("reactor: the clock is read once a wake", "[reactor][loopback]") {
  const StrideClock clock;
  Reactor reactor{clock};
  CHECK(reactor.now() == Instant{} + 1s);
  const auto first = readable_pair();
  const auto second = readable_pair();
  std::vector<Instant> seen;
  Handler handler{[&](std::uint32_t) {
    seen.push_back(reactor.now());
    if (seen.size() == 2) reactor.stop();
  }};
  reactor.add(first.first.get(), EPOLLIN, handler);
  reactor.add(second.first.get(), EPOLLIN, handler);
  reactor.run();
  // One at construction, one at run(), one at the wake that brought both.
  CHECK(clock.reads == 3);
  CHECK(seen == std::vector<Instant>{Instant{} + 3s, Instant{} + 3s});
}

TEST_CASE("reactor: timers run in the order of their times, equal ones as they were set",
          "[reactor][loopback]") {
  Reactor reactor;
  std::string order;
  std::vector<std::unique_ptr<Reactor::Timer>> timers;
  const Instant start = system_clock().now();
  const auto at = [&](Duration after, char name) {
    timers.push_back(reactor.make_timer([&order, &reactor, name, due = start + after] {
      CHECK(reactor.now() >= due);
      order += name;
      if (name == 'e') reactor.stop();
    }));
    timers.back()->set(start + after);
  };
  at(8ms, 'e');
  at(2ms, 'b');
  at(4ms, 'c');
  at(4ms, 'd');
  at(1ms, 'a');
  reactor.run();
  CHECK(order == "abcde");
  CHECK(system_clock().now() - start < 5s);
}

TEST_CASE("reactor: setting a timer again replaces its time", "[reactor][loopback]") {
  Reactor reactor;
  std::string order;
  const auto moved = reactor.make_timer([&] { order += "moved "; });
  const auto other = reactor.make_timer([&] { order += "other "; });
  const auto last = reactor.make_timer([&] { reactor.stop(); });
  const Instant start = reactor.now();
  moved->set(start + 1ms);
  other->set(start + 2ms);
  moved->set(start + 3ms);
  last->set(start + 4ms);
  reactor.run();
  CHECK(order == "other moved ");
}

TEST_CASE("reactor: a cancelled timer and one that is set to never do not run",
          "[reactor][loopback]") {
  Reactor reactor;
  int calls = 0;
  const auto cancelled = reactor.make_timer([&] { ++calls; });
  const auto never = reactor.make_timer([&] { ++calls; });
  const auto last = reactor.make_timer([&] { reactor.stop(); });
  cancelled->set(reactor.now());
  never->set(reactor.now());
  never->set(kNever);
  cancelled->cancel();
  cancelled->cancel();
  last->set(reactor.now() + 1ms);
  reactor.run();
  CHECK(calls == 0);
}

TEST_CASE("reactor: an action may cancel, set and destroy timers, its own too",
          "[reactor][loopback]") {
  Reactor reactor;
  std::string order;
  std::unique_ptr<Reactor::Timer> own;
  std::unique_ptr<Reactor::Timer> doomed = reactor.make_timer([&] { order += "doomed "; });
  std::unique_ptr<Reactor::Timer> cancelled = reactor.make_timer([&] { order += "cancelled "; });
  std::unique_ptr<Reactor::Timer> set = reactor.make_timer([&] {
    order += "set ";
    reactor.stop();
  });
  // The long string lives in the closure: destroying the timer may not destroy it yet.
  own = reactor.make_timer([&, text = std::string(64, 'x')] {
    own.reset();
    doomed.reset();
    cancelled->cancel();
    set->set(reactor.now());
    order += text.size() == 64 && text.back() == 'x' ? "own " : "broken ";
  });
  own->set(reactor.now());
  doomed->set(reactor.now());
  cancelled->set(reactor.now());
  reactor.run();
  CHECK(order == "own set ");
}

TEST_CASE("reactor: a timer that is always due again leaves descriptors their turn",
          "[reactor][loopback]") {
  Reactor reactor;
  const auto pair = socket_pair();
  Handler handler{[&](std::uint32_t) { reactor.stop(); }};
  reactor.add(pair.first.get(), EPOLLIN, handler);
  int runs = 0;
  std::unique_ptr<Reactor::Timer> eager;
  eager = reactor.make_timer([&] {
    if (++runs == 3) REQUIRE(::write(pair.second.get(), "x", 1) == 1);
    eager->set(reactor.now());
  });
  eager->set(reactor.now());
  reactor.run();
  CHECK(runs == 3);
}

TEST_CASE("reactor: a signal arrives on the loop, an ignored one stays ignored",
          "[reactor][loopback]") {
  ::signal(SIGUSR2, SIG_IGN);
  Reactor reactor;
  std::vector<int> seen;
  reactor.on_signals({SIGUSR1, SIGUSR2}, [&](int signal) {
    seen.push_back(signal);
    reactor.stop();
  });
  sigset_t blocked{};
  REQUIRE(::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0);
  CHECK(sigismember(&blocked, SIGUSR1) == 1);
  CHECK(sigismember(&blocked, SIGUSR2) == 0);
  ::raise(SIGUSR2);
  ::raise(SIGUSR1);
  reactor.run();
  CHECK(seen == std::vector<int>{SIGUSR1});
  ::signal(SIGUSR2, SIG_DFL);
}

TEST_CASE("reactor: signals that interrupt the wait end neither the loop nor a timer",
          "[reactor][loopback]") {
  static volatile std::sig_atomic_t interruptions = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { interruptions = interruptions + 1; };
  struct sigaction before {};
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  Reactor reactor;
  const auto timer = reactor.make_timer([&] { reactor.stop(); });
  const Instant due = reactor.now() + 30ms;
  timer->set(due);
  const itimerval every_ms{{0, 1000}, {0, 1000}};
  REQUIRE(::setitimer(ITIMER_REAL, &every_ms, nullptr) == 0);
  reactor.run();
  const itimerval off{};
  REQUIRE(::setitimer(ITIMER_REAL, &off, nullptr) == 0);
  REQUIRE(::sigaction(SIGALRM, &before, nullptr) == 0);
  CHECK(interruptions > 0);
  CHECK(reactor.now() >= due);
}

TEST_CASE("reactor: another thread can stop it", "[reactor][loopback]") {
  Reactor reactor;
  // Waits for nothing else: only the wake-up of stop() can end this.
  std::thread stopper{[&] { reactor.stop(); }};
  reactor.run();
  stopper.join();
  SECTION("and it can run again") {
    int runs = 0;
    const auto timer = reactor.make_timer([&] {
      ++runs;
      reactor.stop();
    });
    timer->set(reactor.now() + 1ms);
    reactor.run();
    CHECK(runs == 1);
  }
}

TEST_CASE("reactor: no handler runs after stop()", "[reactor][loopback]") {
  Reactor reactor;
  const auto first = readable_pair();
  const auto second = readable_pair();
  int calls = 0;
  Handler handler{[&](std::uint32_t) {
    ++calls;
    reactor.stop();
  }};
  reactor.add(first.first.get(), EPOLLIN, handler);
  reactor.add(second.first.get(), EPOLLIN, handler);
  reactor.run();
  CHECK(calls == 1);
}

}  // namespace
}  // namespace netecho
