#include "core/host/listen_fds.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "core/base/error.hpp"

namespace netecho {
namespace {

constexpr int kFirstListenFd = 3;      // SD_LISTEN_FDS_START
constexpr int kMaxListenFds = 1024;    // Far above any unit file; bounds what a typo can cost.
constexpr std::size_t kMaxName = 255;  // FDNAME_MAX of systemd.

std::optional<int> to_int(std::string_view text) noexcept {
  int out = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return out;
}

bool is_fd_name(std::string_view name) noexcept {
  if (name.size() > kMaxName) return false;
  for (const char c : name) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t colon = text.find(':');
    out.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
  }
}

std::vector<ListenFd> read_environment() {
  const ListenEnvironment environment{std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"),
                                      std::getenv("LISTEN_FDNAMES")};
  auto out = parse_listen_fds(environment, ::getpid());
  for (const ListenFd& each : out) {
    const int flags = ::fcntl(each.fd, F_GETFD);
    if (flags < 0 || ::fcntl(each.fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
      throw usage_error("LISTEN_FDS", std::to_string(out.size()),
                        "descriptor " + std::to_string(each.fd) + " is not open");
    }
  }
  return out;
}

}  // namespace

std::vector<ListenFd> parse_listen_fds(const ListenEnvironment& environment, pid_t self) {
  if (environment.pid == nullptr || environment.fds == nullptr) return {};
  const auto pid = to_int(environment.pid);
  if (!pid || *pid <= 0) {
    throw usage_error("LISTEN_PID", environment.pid, "expected a process id");
  }
  if (*pid != self) return {};  // Meant for who started us.
  const auto count = to_int(environment.fds);
  if (!count || *count < 0 || *count > kMaxListenFds) {
    throw usage_error("LISTEN_FDS", environment.fds,
                      "expected a number of sockets, 0 to " + std::to_string(kMaxListenFds));
  }
  std::vector<ListenFd> out;
  out.reserve(static_cast<std::size_t>(*count));
  for (int i = 0; i < *count; ++i) out.push_back({kFirstListenFd + i, "unknown"});
  if (environment.names == nullptr || out.empty()) return out;
  const auto names = split(environment.names);
  if (names.size() != out.size()) {
    throw usage_error("LISTEN_FDNAMES", environment.names,
                      "expected " + std::to_string(*count) + " names, one for each of LISTEN_FDS");
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!is_fd_name(names[i])) {
      throw usage_error("LISTEN_FDNAMES", environment.names,
                        "expected names of printable ASCII, at most " + std::to_string(kMaxName) +
                            " characters each");
    }
    if (!names[i].empty()) out[i].name = names[i];
  }
  return out;
}

const std::vector<ListenFd>& listen_fds() {
  static const std::vector<ListenFd> found = read_environment();
  return found;
}

void unset_listen_environment() {
  static_cast<void>(listen_fds());
  for (const char* name : std::array{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    ::unsetenv(name);
  }
}

}  // namespace netecho
