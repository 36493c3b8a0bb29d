#include "tests/support/running_server.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>

#include "core/net/socket_address.hpp"

namespace netecho::testing {
namespace {

constexpr timeval kCallTimeout{10, 0};

std::vector<Served> bound(const std::string& typed, const ServeOptions& options) {
  const Endpoint endpoint = parse_endpoint(typed, Role::serve);
  return backend_of(endpoint).serve(endpoint, options);
}

}  // namespace

RunningServer::RunningServer(const std::string& endpoint, ServerOptions options,
                             const ServeOptions& serve_options)
    : RunningServer{bound(endpoint, serve_options), std::move(options)} {}

RunningServer::RunningServer(std::vector<Served> sockets, ServerOptions options) {
  for (const Served& socket : sockets) endpoints_.push_back(socket.endpoint);
  std::promise<void> ready;
  std::promise<ServerOutcome> outcome;
  outcome_ = outcome.get_future();
  thread_ = std::thread{
      [this, &ready, options, held = std::move(sockets), result = std::move(outcome)]() mutable {
        result.set_value(
            run_server(reactor_, std::move(held), options, sink_, [&ready] { ready.set_value(); }));
      }};
  ready.get_future().wait();
}

RunningServer::~RunningServer() {
  reactor_.stop();
  if (thread_.joinable()) thread_.join();
}

UniqueFd RunningServer::connect() const {
  const SocketDescription& to = endpoint();
  SocketAddress address;
  if (to.path) {
    address = *to.abstract ? SocketAddress::from_abstract(*to.path)
                           : SocketAddress::from_unix_path(*to.path);
  } else {
    address = SocketAddress::from_ip(*to.address, *to.port).value();
  }
  const int type = to.socket_type == SocketType::stream      ? SOCK_STREAM
                   : to.socket_type == SocketType::seqpacket ? SOCK_SEQPACKET
                                                             : SOCK_DGRAM;
  UniqueFd fd{checked("socket", to.uri,
                      [&] { return ::socket(address.family(), type | SOCK_CLOEXEC, 0); })};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kCallTimeout, sizeof kCallTimeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kCallTimeout, sizeof kCallTimeout);
  if (type == SOCK_DGRAM && to.path) {
    const sockaddr autobind{AF_UNIX, {}};
    checked("bind", to.uri, [&] { return ::bind(fd.get(), &autobind, sizeof(sa_family_t)); });
  }
  checked("connect", to.uri, [&] { return ::connect(fd.get(), address.data(), address.size()); });
  return fd;
}

ServerOutcome RunningServer::drain() {
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  return wait();
}

ServerOutcome RunningServer::wait() {
  return outcome_.get();
}

std::string round_trip(int fd, const std::string& bytes) {
  std::thread writer{[&] {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t taken = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (taken <= 0) return;
      sent += static_cast<std::size_t>(taken);
    }
  }};
  std::string back(bytes.size(), '\0');
  std::size_t received = 0;
  while (received < back.size()) {
    const ssize_t taken = ::recv(fd, back.data() + received, back.size() - received, 0);
    if (taken <= 0) break;
    received += static_cast<std::size_t>(taken);
  }
  writer.join();
  back.resize(received);
  return back;
}

std::string read_to_end(int fd) {
  std::string all;
  std::string chunk(65'536, '\0');
  while (true) {
    const ssize_t taken = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (taken < 0) return errno == ECONNRESET ? "RST" : "error " + errno_name(errno);
    if (taken == 0) return all;
    all.append(chunk, 0, static_cast<std::size_t>(taken));
  }
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 131 + i / 251) & 0xFF);
  return bytes;
}

}  // namespace netecho::testing
