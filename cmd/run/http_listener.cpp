#include "cmd/run/http_listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/host/listen_fds.hpp"
#include "core/net/socket_address.hpp"
#include "core/net/socket_options.hpp"

namespace netecho {
namespace {

constexpr int kBacklog = 128;
constexpr std::string_view kInherited = "sd:";

std::optional<std::uint16_t> listen_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

/// Reads `127.0.0.1:9470` or `[::1]:9470`.
std::optional<SocketAddress> listen_address(std::string_view where) {
  const auto colon = where.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = listen_port(where.substr(colon + 1));
  std::string_view host = where.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!port || (host.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  return SocketAddress::from_ip(host, *port);
}

UniqueFd listening_at(const SocketAddress& address, const std::string& where) {
  UniqueFd fd{checked("socket", where, [&] {
    return ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  })};
  if (address.family() == AF_INET6) {
    set_needed(fd.get(), NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_V6ONLY), 1, where);
  }
  set_needed(fd.get(), NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_REUSEADDR), 1, where);
  checked("bind", where, [&] { return ::bind(fd.get(), address.data(), address.size()); });
  checked("listen", where, [&] { return ::listen(fd.get(), kBacklog); });
  return fd;
}

/// Whether it is a socket that accepts connections over TCP.
bool listens_to_tcp(int fd) {
  const auto option = [fd](int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  return option(SO_ACCEPTCONN) == 1 && option(SO_PROTOCOL) == IPPROTO_TCP;
}

UniqueFd inherited_at(std::string_view name, const std::string& where) {
  std::vector<int> found;
  for (const ListenFd& each : listen_fds()) {
    if (each.name == name) found.push_back(each.fd);
  }
  if (found.size() != 1) {
    throw Error{ErrorCategory::connect, "adopt", where,
                found.empty() ? "no socket of that name was passed to this process (LISTEN_FDNAMES)"
                              : "several sockets of that name were passed to this process"};
  }
  if (!listens_to_tcp(found.front())) {
    throw Error{ErrorCategory::connect, "adopt", where, "is no TCP socket that listens"};
  }
  return UniqueFd{found.front()};
}

}  // namespace

UniqueFd open_http_listener(const std::string& where, const std::string& option) {
  if (where.starts_with(kInherited)) {
    return inherited_at(std::string_view{where}.substr(kInherited.size()), where);
  }
  const auto address = listen_address(where);
  if (!address) {
    throw usage_error(
        "option", option,
        "expected ADDR:PORT (127.0.0.1:9470, [::1]:9470) or sd:NAME, got '" + where + "'");
  }
  return listening_at(*address, where);
}

std::string url_host(const SocketAddress& address) {
  const std::string ip = address.family() == AF_INET6 ? "[" + address.ip() + "]" : address.ip();
  return ip + ":" + std::to_string(address.port());
}

}  // namespace netecho
