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
  notify_ready();
  CHECK(manager.received() == "READY=1");
  notify_stopping();
  CHECK(manager.received() == "STOPPING=1");
  CHECK(manager.received().empty());
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();
  CHECK(manager.received().empty());
}

TEST_CASE("sd_notify: reaches the manager under a path", "[host][loopback]") {
  std::string folder = (std::filesystem::temp_directory_path() / "netecho-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  {
    const Manager manager{folder + "/notify"};
    ::setenv("NOTIFY_SOCKET", manager.variable().c_str(), 1);
    notify_ready();
    CHECK(manager.received() == "READY=1");
    ::unsetenv("NOTIFY_SOCKET");
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("sd_notify: a manager that does not read does not hold us up", "[host][loopback]") {
  const Manager manager{""};
  ::setenv("NOTIFY_SOCKET", manager.variable().c_str(), 1);
  const auto start = std::chrono::steady_clock::now();
  manager.fill();
  notify_ready();
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
    errno = 0;
    notify_ready();
    // The only call that may have failed is the one that sends.
    CHECK((errno == 0 || errno == ENOENT));
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace netecho
