#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/unix_rest.hpp"
#include "protocols/message/datagram_client.hpp"
#include "protocols/unix/socket_file.hpp"
#include "protocols/unix/unix.hpp"

namespace netecho::unix_socket {
namespace {

using namespace std::chrono_literals;
/// A full backlog gives EAGAIN and no readiness to wait for.
constexpr Duration kBacklogPause = 10ms;

UniqueFd open_socket(const Endpoint& endpoint, SocketType type, const ConnectOptions& options) {
  const int flags = native_type(type) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  UniqueFd fd{checked("socket", endpoint.typed, [&] { return ::socket(AF_UNIX, flags, 0); })};
  apply(fd.get(), AF_UNIX, options.socket, kOptionReceiveBuffer | kOptionSendBuffer,
        endpoint.typed);
  return fd;
}

/// Returns the name of --bind, checked; empty without one.
std::string bind_name(const ConnectOptions& options) {
  return options.socket.bind ? check_unix_rest(*options.socket.bind, *options.socket.bind)
                             : std::string{};
}

void pause_for_backlog(const ConnectOptions& options) {
  pollfd entry{options.interrupt_fd, POLLIN, 0};
  const auto pause_ms = std::chrono::duration_cast<std::chrono::milliseconds>(kBacklogPause);
  if (::poll(&entry, 1, static_cast<int>(pause_ms.count())) > 0) throw Interrupted{};
}

void connect_to(int fd, const Endpoint& endpoint, const ConnectOptions& options) {
  const SocketAddress address = unix_address(endpoint.rest);
  const Instant deadline = monotonic_now() + options.connect_timeout;
  while (::connect(fd, address.data(), address.size()) != 0) {
    const int error = errno;
    if (error == EINTR) continue;
    if (error != EAGAIN) throw SysError{"connect", endpoint.typed, error};
    if (monotonic_now() >= deadline) throw SysError{"connect", endpoint.typed, ETIMEDOUT};
    pause_for_backlog(options);
  }
}

}  // namespace

UniqueFd connect_socket(const Endpoint& endpoint, SocketType type, const ConnectOptions& options) {
  UniqueFd fd = open_socket(endpoint, type, options);
  if (type == SocketType::seqpacket) {
    // Records need it (record_port.hpp); before connect(), because it gives the socket a name.
    const int on = 1;
    checked("setsockopt SO_PASSCRED", endpoint.typed,
            [&] { return ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on); });
  }
  // The name outlives its file in what the server sees; once connected nobody needs the file.
  std::shared_ptr<void> file;
  if (const std::string name = bind_name(options); !name.empty()) {
    file = bind_client(fd.get(), name);
  }
  connect_to(fd.get(), endpoint, options);
  return fd;
}

Connection connect_unixgram(const Endpoint& endpoint, const ConnectOptions& options) {
  UniqueFd fd = open_socket(endpoint, SocketType::datagram, options);
  std::shared_ptr<void> cleanup = bind_client(fd.get(), bind_name(options));
  connect_to(fd.get(), endpoint, options);
  const SocketKind kind = kind_of(SocketType::datagram);
  auto local = describe(local_address(fd.get()), kind);
  DatagramClient::Config config{.family = DatagramFamily::unix_domain,
                                .kind = kind,
                                .peers = {unix_address(endpoint.rest)},
                                .cleanup = std::move(cleanup)};
  return {.socket = std::make_unique<DatagramClient>(std::move(fd), std::move(config)),
          .peer = describe_unix_endpoint(endpoint, kind),
          .local = std::move(local),
          .connect_time = std::nullopt};
}

}  // namespace netecho::unix_socket
