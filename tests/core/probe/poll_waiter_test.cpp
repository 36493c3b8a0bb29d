#include "core/probe/poll_waiter.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// One end of a socket pair; the waiter asks it only for its descriptor and its wishes.
class PairPort final : public MessagePort {
 public:
  PairPort() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) == 0);
    near_.reset(fds[0]);
    far_.reset(fds[1]);
  }
  BatchResult receive(Batch& /*batch*/) noexcept override { return {}; }
  BatchResult send(Batch& /*batch*/) noexcept override { return {}; }
  [[nodiscard]] int fd() const noexcept override { return near_.get(); }
  [[nodiscard]] bool wants_write() const noexcept override { return wants_write_; }

  void want_write(bool wanted) { wants_write_ = wanted; }
  void close() { near_.reset(); }
  void let_arrive() const { REQUIRE(::write(far_.get(), "x", 1) == 1); }
  void take() const {
    char ignored = 0;
    REQUIRE(::read(near_.get(), &ignored, 1) == 1);
  }

 private:
  UniqueFd near_;
  UniqueFd far_;
  bool wants_write_ = false;
};

using Ids = std::vector<std::uint32_t>;
Ids ids(const Wake& wake) {
  return {wake.ready.begin(), wake.ready.end()};
}

WaitMode any_mode() {
  return GENERATE(WaitMode::block, WaitMode::spin);
}

/// Far enough that a wait for it would be noticed.
Instant far_away() {
  return monotonic_now() + 1h;
}

/// Enough ports that never have anything, so that there is an epoll, which spinning asks, too.
class IdlePorts {
 public:
  explicit IdlePorts(PollWaiter& waiter) {
    for (std::uint32_t id = 0; id <= PollWaiter::kFewPorts; ++id) {
      ports_.push_back(std::make_unique<PairPort>());
      waiter.watch(*ports_.back(), 1000 + id);
    }
  }

 private:
  std::vector<std::unique_ptr<PairPort>> ports_;
};

TEST_CASE("poll_waiter: a port that has something ends the wait", "[poll_waiter][loopback]") {
  const WaitMode mode = any_mode();
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort quiet;
  PairPort loud;
  waiter.watch(quiet, 7);
  waiter.watch(loud, 8);
  loud.let_arrive();
  CHECK(ids(waiter.wait(far_away(), mode)) == Ids{8});
  // Level-triggered: what was not taken is still there.
  CHECK(ids(waiter.wait(kNever, mode)) == Ids{8});
  loud.take();
  quiet.let_arrive();
  CHECK(ids(waiter.wait(kNever, mode)) == Ids{7});
}

TEST_CASE("poll_waiter: few ports are tried while it spins, and signals are seen all the same",
          "[poll_waiter][loopback]") {
  ::signal(SIGTERM, SIG_DFL);
  Interrupt interrupt{SIGTERM};
  PollWaiter waiter{interrupt};
  PairPort first;
  PairPort second;
  waiter.watch(first, 7);
  waiter.watch(second, 8);
  CHECK(ids(waiter.wait(kNever, WaitMode::spin)) == Ids{7, 8});
  // Close to its deadline a blocking wait spins, too.
  CHECK(ids(waiter.wait(monotonic_now(), WaitMode::block)) == Ids{7, 8});
  ::raise(SIGTERM);
  // However few turns there are meanwhile.
  for (const Instant raised = monotonic_now(); monotonic_now() < raised + PollWaiter::kPollEvery;) {
  }
  CHECK(waiter.wait(kNever, WaitMode::spin).interrupted);
}

TEST_CASE("poll_waiter: a sleep ends before its deadline, and from then on few ports are tried",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  PairPort port;
  waiter.watch(port, 7);
  bool tried_early = false;
  // Where others have the processor, a sleep ends late; then nobody is tried.
  for (int i = 0; i < 1000 && !tried_early; ++i) {
    const Instant deadline = monotonic_now() + 3ms;
    const Wake wake = waiter.wait(deadline, WaitMode::block);
    tried_early = ids(wake) == Ids{7} && monotonic_now() < deadline;
  }
  CHECK(tried_early);
}

TEST_CASE("poll_waiter: the guard grows at once with late wake-ups, and shrinks slowly",
          "[poll_waiter][unit]") {
  SpinGuard guard;
  guard.woke_late(105us);
  CHECK(guard.length() == 140us);
  guard.woke_late(15us);
  CHECK(guard.length() < 140us);
  CHECK(guard.length() > 139us);
  for (int i = 0; i < 5000; ++i) guard.woke_late(1us);
  CHECK(guard.length() < 21us);
  CHECK(guard.length() >= 20us);
  // Someone else had the processor: that cannot be spun away, however often it happens.
  const Duration before = guard.length();
  guard.woke_late(1s);
  CHECK(guard.length() == 2 * before);
  for (int i = 0; i < 10; ++i) guard.woke_late(1s);
  CHECK(guard.length() == 500us);
}

TEST_CASE("poll_waiter: how late sleeps end is measured", "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  PairPort port;
  waiter.watch(port, 1);
  CHECK(waiter.wake_up_latency()->count() == 0);
  static_cast<void>(waiter.wait(monotonic_now() + 3ms, WaitMode::block));
  CHECK(waiter.wake_up_latency()->count() == 1);
  CHECK(waiter.wake_up_latency()->max() > Duration::zero());
}

TEST_CASE("poll_waiter: the wait lasts until its deadline, and hardly longer",
          "[poll_waiter][loopback]") {
  const WaitMode mode = any_mode();
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort port;
  waiter.watch(port, 1);
  for (const Duration ahead : {Duration{5us}, Duration{60us}, Duration{3ms}}) {
    const Instant deadline = monotonic_now() + ahead;
    const Wake wake = waiter.wait(deadline, mode);
    const Instant end = monotonic_now();
    CHECK(end >= deadline);
    CHECK(end - deadline < 5s);
    CHECK(ids(wake).empty());
    CHECK_FALSE(wake.interrupted);
    CHECK_FALSE(wake.report_requested);
  }
}

TEST_CASE("poll_waiter: a deadline that has passed still shows what is ready",
          "[poll_waiter][loopback]") {
  const WaitMode mode = any_mode();
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort port;
  waiter.watch(port, 3);
  CHECK(ids(waiter.wait(Instant{}, mode)).empty());
  port.let_arrive();
  CHECK(ids(waiter.wait(Instant{}, mode)) == Ids{3});
}

TEST_CASE("poll_waiter: room to write counts only for a port that waits for it",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort port;
  waiter.watch(port, 5);
  CHECK(ids(waiter.wait(Instant{}, WaitMode::block)).empty());
  port.want_write(true);
  waiter.interest_changed(port);
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{5});
  port.want_write(false);
  waiter.interest_changed(port);
  waiter.interest_changed(port);
  CHECK(ids(waiter.wait(Instant{}, WaitMode::block)).empty());

  PairPort eager;
  eager.want_write(true);
  waiter.watch(eager, 6);
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{6});
}

TEST_CASE("poll_waiter: what a port waits for does not matter once it is not watched",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort stays;
  PairPort goes;
  waiter.watch(stays, 1);
  waiter.watch(goes, 2);
  for (PairPort* port : {&goes, &stays}) {
    port->want_write(true);
    waiter.interest_changed(*port);
  }
  waiter.unwatch(goes);
  waiter.interest_changed(goes);
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{1});
  waiter.watch(goes, 3);  // As it is by then.
  CHECK(ids(waiter.wait(kNever, WaitMode::block)).size() == 2);
}

TEST_CASE("poll_waiter: ports come and go in any order", "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  std::vector<std::unique_ptr<PairPort>> ports;
  for (std::uint32_t id = 0; id < 20; ++id) {
    ports.push_back(std::make_unique<PairPort>());
    waiter.watch(*ports.back(), id);
    ports.back()->let_arrive();
  }
  for (std::size_t i = 0; i < 20; ++i) {
    if (i % 5 != 3) waiter.unwatch(*ports[i * 7 % 20]);
  }
  // 3, 8, 13 and 18, times 7.
  Ids left = ids(waiter.wait(kNever, WaitMode::block));
  std::sort(left.begin(), left.end());
  CHECK(left == Ids{1, 6, 11, 16});
}

TEST_CASE("poll_waiter: a port that is not watched any more is not named",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  PairPort stays;
  PairPort goes;
  waiter.watch(goes, 1);
  waiter.watch(stays, 2);
  goes.let_arrive();
  stays.let_arrive();
  waiter.unwatch(goes);
  waiter.unwatch(goes);
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{2});
}

TEST_CASE("poll_waiter: more ports are ready than fit one wake", "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  std::vector<std::unique_ptr<PairPort>> ports;
  for (std::uint32_t id = 0; id < 100; ++id) {
    ports.push_back(std::make_unique<PairPort>());
    waiter.watch(*ports.back(), id);
    ports.back()->let_arrive();
  }
  std::vector<int> seen(ports.size());
  for (std::size_t total = 0; total < ports.size();) {
    const Wake wake = waiter.wait(kNever, WaitMode::block);
    for (const std::uint32_t id : wake.ready) {
      ++seen[id];
      ports[id]->take();
    }
    total += wake.ready.size();
  }
  CHECK(seen == std::vector<int>(ports.size(), 1));
}

TEST_CASE("poll_waiter: SIGQUIT asks for a report, other signals interrupt",
          "[poll_waiter][loopback]") {
  const WaitMode mode = any_mode();
  // A shell starts background jobs with these ignored, and ignored they would stay.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGQUIT, SIG_DFL);
  Interrupt interrupt{SIGINT, SIGTERM, SIGQUIT};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  ::raise(SIGQUIT);
  const Wake report = waiter.wait(kNever, mode);
  CHECK(report.report_requested);
  CHECK_FALSE(report.interrupted);
  ::raise(SIGTERM);
  const Wake end = waiter.wait(kNever, mode);
  CHECK(end.interrupted);
  CHECK_FALSE(end.report_requested);
  ::raise(SIGINT);
  ::raise(SIGQUIT);
  PairPort port;
  waiter.watch(port, 9);
  port.let_arrive();
  const Wake all = waiter.wait(kNever, mode);
  CHECK(all.interrupted);
  CHECK(all.report_requested);
  CHECK(ids(all) == Ids{9});
  waiter.unwatch(port);
  CHECK_FALSE(waiter.wait(Instant{}, mode).interrupted);
}

TEST_CASE("poll_waiter: its thread is woken as exactly as the kernel can",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  const PollWaiter waiter{interrupt};
  CHECK(::prctl(PR_GET_TIMERSLACK) == 1);
}

TEST_CASE("poll_waiter: a port that can't be watched is refused", "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  const IdlePorts idle{waiter};
  PairPort port;
  waiter.watch(port, 1);
  CHECK_THROWS_AS(waiter.watch(port, 2), SysError);  // epoll has it already.
  port.let_arrive();
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{1});
}

TEST_CASE("poll_waiter: few ports are waited for like many, and stay watched when more come",
          "[poll_waiter][loopback]") {
  ::signal(SIGTERM, SIG_DFL);
  Interrupt interrupt{SIGTERM};
  PollWaiter waiter{interrupt};
  PairPort quiet;
  PairPort loud;
  waiter.watch(quiet, 7);
  waiter.watch(loud, 8);
  loud.let_arrive();
  CHECK(ids(waiter.wait(far_away(), WaitMode::block)) == Ids{8});
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{8});
  loud.take();
  quiet.want_write(true);
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{7});
  quiet.want_write(false);
  ::raise(SIGTERM);
  const Wake wake = waiter.wait(kNever, WaitMode::block);
  CHECK(wake.interrupted);
  CHECK(ids(wake).empty());
  loud.let_arrive();
  quiet.want_write(true);
  const IdlePorts idle{waiter};
  Ids both = ids(waiter.wait(kNever, WaitMode::block));
  std::sort(both.begin(), both.end());
  CHECK(both == Ids{7, 8});
}

TEST_CASE("poll_waiter: one port too many can be refused, and the others are still watched",
          "[poll_waiter][loopback]") {
  Interrupt interrupt{SIGUSR1};
  PollWaiter waiter{interrupt};
  std::array<PairPort, PollWaiter::kFewPorts> few;
  for (std::uint32_t id = 0; id < few.size(); ++id) waiter.watch(few.at(id), id);
  few.back().close();
  PairPort more;
  CHECK_THROWS_AS(waiter.watch(more, 9), SysError);  // epoll does not take the closed one.
  few.front().let_arrive();
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{0});
  waiter.unwatch(few.back());
  PairPort last;
  waiter.watch(last, 8);
  waiter.watch(more, 9);
  more.let_arrive();
  few.front().take();
  CHECK(ids(waiter.wait(kNever, WaitMode::block)) == Ids{9});
}

}  // namespace
}  // namespace netecho
