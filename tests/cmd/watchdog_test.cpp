#include "cmd/run/watchdog.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// A service manager under a name that the kernel picks.
class Manager {
 public:
  Manager() : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_.get(), generic, sizeof(sa_family_t)) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(fd_.get(), generic, &size) == 0);
    const char* name = static_cast<const char*>(address.sun_path) + 1;
    const std::string variable =
        "@" + std::string(name, size - offsetof(sockaddr_un, sun_path) - 1);
    REQUIRE(::setenv("NOTIFY_SOCKET", variable.c_str(), 1) == 0);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  [[nodiscard]] int pings() const {
    int count = 0;
    std::array<char, 64> told{};
    while (::recv(fd_.get(), told.data(), told.size(), MSG_DONTWAIT) > 0) {
      count += std::strcmp(told.data(), "WATCHDOG=1") == 0 ? 1 : 0;
    }
    return count;
  }

 private:
  UniqueFd fd_;
};

TEST_CASE("watchdog: a manager hears something before each of its time-outs", "[cmd][loopback]") {
  constexpr Duration kTimeout = 100ms;
  const Manager manager;
  const ServiceManager service;
  Reactor reactor;
  const Instant start = monotonic_now();
  const Watchdog watchdog{reactor, service, kTimeout};
  // Timers run in the order of their times, however late that is.
  int heard = 0;
  const auto end = reactor.make_timer([&] {
    heard = manager.pings();
    reactor.stop();
  });
  end->set(start + kTimeout);
  reactor.run();
  CHECK(heard >= 1);
}

TEST_CASE("watchdog: a manager that watches nothing hears nothing", "[cmd][loopback]") {
  const Manager manager;
  const ServiceManager service;
  Reactor reactor;
  const Watchdog watchdog{reactor, service, std::nullopt};
  const auto end = reactor.make_timer([&] { reactor.stop(); });
  end->set(monotonic_now() + 20ms);
  reactor.run();
  CHECK(manager.pings() == 0);
}

}  // namespace
}  // namespace netecho
