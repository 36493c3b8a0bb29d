#include "core/host/sd_notify.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace netecho {
namespace {

template <typename Number>
std::optional<Number> to_number(std::string_view text) noexcept {
  Number out = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return out;
}

}  // namespace

ServiceManager::ServiceManager() noexcept {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view name = variable != nullptr ? variable : "";
  if (name.size() < 2 || name.size() >= sizeof address_.sun_path) return;
  if (name.front() != '/' && name.front() != '@') return;  // vsock: is for virtual machines.
  address_.sun_family = AF_UNIX;
  char* path = static_cast<char*>(address_.sun_path);
  std::memcpy(path, name.data(), name.size());
  if (name.front() == '@') *path = '\0';
  // Neither a path nor an abstract name counts a final NUL here.
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // It gets a name of its own: a socket without one could be given any, even in the sandbox.
  const sockaddr unnamed{AF_UNIX, {}};
  static_cast<void>(::bind(fd_.get(), &unnamed, sizeof unnamed.sa_family));
  // A manager that does not read may not hold us up for longer than this.
  constexpr timeval kLimit{1, 0};
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &kLimit, sizeof kLimit) != 0) fd_.reset();
  static_cast<void>(
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), address_size_));
}

void ServiceManager::send(std::string_view state, int flags) const noexcept {
  if (!fd_.valid()) return;
  flags |= MSG_NOSIGNAL;
  if (::send(fd_.get(), state.data(), state.size(), flags) >= 0 || errno == EAGAIN) return;
  // Its socket is not the one it was: perhaps there is another one in its place.
  static_cast<void>(::sendto(fd_.get(), state.data(), state.size(), flags,
                             reinterpret_cast<const sockaddr*>(&address_), address_size_));
}

void ServiceManager::notify(std::string_view state) const noexcept {
  send(state, 0);
}

void ServiceManager::ping() const noexcept {
  send("WATCHDOG=1", MSG_DONTWAIT);
}

std::optional<Duration> parse_watchdog(const WatchdogEnvironment& environment,
                                       pid_t self) noexcept {
  if (environment.usec == nullptr) return std::nullopt;
  if (environment.pid != nullptr && to_number<pid_t>(environment.pid) != self) return std::nullopt;
  const auto usec = to_number<std::uint64_t>(environment.usec);
  constexpr std::chrono::microseconds kLongest = std::chrono::hours{24 * 365};
  if (!usec || *usec == 0 || *usec > static_cast<std::uint64_t>(kLongest.count())) {
    return std::nullopt;
  }
  return std::chrono::microseconds{*usec};
}

std::optional<Duration> watchdog_timeout() noexcept {
  return parse_watchdog({std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID")}, ::getpid());
}

}  // namespace netecho
