#include "core/host/sd_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

/// A service manager's socket; an empty name: an abstract one that the kernel picks.
class Manager {
 public:
  explicit Manager(const std::string& path) : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
    socklen_t size = path.empty() ? sizeof(sa_family_t) : sizeof address;
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    size = sizeof address;
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const char* name = static_cast<const char*>(address.sun_path);
    variable_ = path.empty()
                    ? "@" + std::string(name + 1, size - offsetof(sockaddr_un, sun_path) - 1)
                    : path;
  }

  [[nodiscard]] const std::string& variable() const { return variable_; }
  /// Leaves no room in the queue.
  void fill() const {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::getsockname(fd_.get(), generic, &size) == 0);
    const UniqueFd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    while (::sendto(sender.get(), "x", 1, MSG_DONTWAIT, generic, size) == 1) {
    }
    REQUIRE(errno == EAGAIN);
  }
  /// What came, or "" if nothing did.
  [[nodiscard]] std::string received() const {
    std::array<char, 64> buffer{};
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  UniqueFd fd_;
  std::string variable_;
};

TEST_CASE("sd_notify: reaches the manager under an abstract name", "[host][loopback]") {
  const Manager manager{""};
  ::setenv("NOTIFY_SOCKET", manager.variable().c_str(), 1);
  const ServiceManager service;
  ::unsetenv("NOTIFY_SOCKET");
  service.notify("READY=1");
  CHECK(manager.received() == "READY=1");
  service.ping();
  CHECK(manager.received() == "WATCHDOG=1");
  ServiceManager{}.notify("READY=1");
  CHECK(manager.received().empty());
}

TEST_CASE("sd_notify: reaches the manager under a path, and the next one that takes it",
          "[host][loopback]") {
  std::string folder = (std::filesystem::temp_directory_path() / "netecho-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/notify";
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const ServiceManager before;  // Nobody is there yet.
  {
    const Manager manager{path};
    before.notify("READY=1");
    CHECK(manager.received() == "READY=1");
  }
  std::filesystem::remove(path);
  const Manager second{path};
  before.ping();
  CHECK(second.received() == "WATCHDOG=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::filesystem::remove_all(folder);
}

TEST_CASE("sd_notify: a manager that restarts is found again", "[host][loopback]") {
  std::string folder = (std::filesystem::temp_directory_path() / "netecho-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/notify";
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  std::optional<Manager> manager{path};
  const ServiceManager service;
  manager.reset();
  std::filesystem::remove(path);
  manager.emplace(path);
  service.notify("READY=1");
  CHECK(manager->received() == "READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::filesystem::remove_all(folder);
}

TEST_CASE("sd_notify: a manager that does not read does not hold us up", "[host][loopback]") {
  const Manager manager{""};
  ::setenv("NOTIFY_SOCKET", manager.variable().c_str(), 1);
  const ServiceManager service;
  const auto start = std::chrono::steady_clock::now();
  manager.fill();
  service.notify("READY=1");
  for (int i = 0; i < 1000; ++i) service.ping();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{20});
  CHECK(manager.received() == "x");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("sd_notify: an unusable or dead address is nothing to worry about", "[host][loopback]") {
  for (const std::string& address :
       {std::string{}, std::string{"@"}, std::string{"relative"}, std::string{"vsock:2:1234"},
        std::string{"/nonexistent/notify"}, "/" + std::string(300, 'x')}) {
    CAPTURE(address);
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
    const ServiceManager service;
    errno = 0;
    service.notify("READY=1");
    service.ping();
    // The only call that may have failed is the one that sends.
    CHECK((errno == 0 || errno == ENOENT));
  }
  ::unsetenv("NOTIFY_SOCKET");
}

constexpr pid_t kSelf = 4711;

TEST_CASE("watchdog: its time comes in microseconds, to the process that is named or to any",
          "[host][unit]") {
  CHECK(parse_watchdog({"30000000", "4711"}, kSelf) == std::chrono::seconds{30});
  CHECK(parse_watchdog({"1", nullptr}, kSelf) == std::chrono::microseconds{1});
  CHECK_FALSE(parse_watchdog({"30000000", "4712"}, kSelf));
  CHECK_FALSE(parse_watchdog({nullptr, "4711"}, kSelf));
  CHECK_FALSE(parse_watchdog({}, kSelf));
}

TEST_CASE("watchdog: what is malformed watches nothing", "[host][unit]") {
  for (const char* usec :
       {"", "0", "-1", "x", "1s", " 1", "18446744073709551615", "18446744073709551616"}) {
    CAPTURE(usec);
    CHECK_FALSE(parse_watchdog({usec, nullptr}, kSelf));
  }
  for (const char* pid : {"", "x", "4711 ", "99999999999"}) {
    CAPTURE(pid);
    CHECK_FALSE(parse_watchdog({"1000", pid}, kSelf));
  }
}

}  // namespace
}  // namespace netecho
