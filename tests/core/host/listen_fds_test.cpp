#include "core/host/listen_fds.hpp"

#include <fcntl.h>

#include <cstdlib>
#include <string>

#include "core/base/error.hpp"
#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

constexpr pid_t kSelf = 4711;

std::vector<std::string> names(const std::vector<ListenFd>& fds) {
  std::vector<std::string> out;
  out.reserve(fds.size());
  for (const ListenFd& each : fds) out.push_back(std::to_string(each.fd) + "=" + each.name);
  return out;
}

using Names = std::vector<std::string>;

TEST_CASE("listen_fds: descriptors count from 3 and have names", "[host][unit]") {
  CHECK(names(parse_listen_fds({"4711", "2", "echo:admin"}, kSelf)) == Names{"3=echo", "4=admin"});
  CHECK(names(parse_listen_fds({"4711", "2", nullptr}, kSelf)) == Names{"3=unknown", "4=unknown"});
  CHECK(names(parse_listen_fds({"4711", "2", "echo:"}, kSelf)) == Names{"3=echo", "4=unknown"});
  CHECK(parse_listen_fds({"4711", "0", ""}, kSelf).empty());
}

TEST_CASE("listen_fds: sockets meant for nobody or for another process are not ours",
          "[host][unit]") {
  CHECK(parse_listen_fds({}, kSelf).empty());
  CHECK(parse_listen_fds({nullptr, "1", nullptr}, kSelf).empty());
  CHECK(parse_listen_fds({"4711", nullptr, nullptr}, kSelf).empty());
  CHECK(parse_listen_fds({"4712", "1", nullptr}, kSelf).empty());
}

TEST_CASE("listen_fds: a broken environment is refused", "[host][unit]") {
  const auto broken = [](const char* pid, const char* fds, const char* fd_names) {
    try {
      static_cast<void>(parse_listen_fds({pid, fds, fd_names}, kSelf));
    } catch (const Error& error) {
      CHECK(error.category() == ErrorCategory::usage);
      return error.operation();
    }
    return std::string{"accepted"};
  };
  for (const char* pid : {"", "x", "-1", "0", "4711 ", "99999999999"}) {
    CAPTURE(pid);
    CHECK(broken(pid, "1", nullptr) == "LISTEN_PID");
  }
  for (const char* fds : {"", "x", "-1", "1025", "1x", " 1", "99999999999"}) {
    CAPTURE(fds);
    CHECK(broken("4711", fds, nullptr) == "LISTEN_FDS");
  }
  const std::string long_name(256, 'a');
  for (const char* fd_names : {"", "a:b:c", "a", "a:\x1b", "a:\xc3\xa4"}) {
    CAPTURE(fd_names);
    CHECK(broken("4711", "2", fd_names) == "LISTEN_FDNAMES");
  }
  CHECK(broken("4711", "1", long_name.c_str()) == "LISTEN_FDNAMES");
  CHECK(broken("4711", "1", long_name.c_str() + 1) == "accepted");
  CHECK(broken("4711", "1024", nullptr) == "accepted");
}

/// In a child: descriptor 3 open or closed, and the variables of a service manager.
void pretend_to_be_started(bool open) {
  if (open) {
    ::dup2(0, 3);
  } else {
    ::close(3);
  }
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_FDNAMES", "echo", 1);
}

TEST_CASE("listen_fds: descriptors become close-on-exec, and the environment is read once",
          "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    pretend_to_be_started(true);
    unset_listen_environment();
    return names(listen_fds()) == Names{"3=echo"} && ::fcntl(3, F_GETFD) == FD_CLOEXEC &&
           std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
           std::getenv("LISTEN_FDNAMES") == nullptr;
  }));
}

TEST_CASE("listen_fds: a descriptor that is not open is refused", "[host][unit]") {
  CHECK(testing::holds_in_child([] {
    pretend_to_be_started(false);
    try {
      static_cast<void>(listen_fds());
    } catch (const Error& error) {
      return std::string{error.what()} == "LISTEN_FDS 1: descriptor 3 is not open";
    }
    return false;
  }));
}

}  // namespace
}  // namespace netecho
