#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "core/base/error.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/one_peer.hpp"

namespace netecho {
namespace {

/// Returns the families that the scheme and -4/-6 leave.
FamilyChoice allowed_families(const Endpoint& endpoint, FamilyChoice choice) {
  if (!endpoint.family) return choice;
  return *endpoint.family == AddressFamily::ipv4 ? FamilyChoice::ipv4_only
                                                 : FamilyChoice::ipv6_only;
}

/// AF_UNSPEC gives an address of no family, which only tells that any will do.
SocketAddress any_address(int family, std::uint16_t port) {
  if (family == AF_INET6) return *SocketAddress::from_ip("::", port);
  if (family == AF_INET) return *SocketAddress::from_ip("0.0.0.0", port);
  return {};
}

bool is_stream(int fd) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

}  // namespace

std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, Role role, SocketType type,
                                        const NameLookup& lookup, int interrupt_fd) {
  check_family(std::span{&endpoint, 1}, lookup.family);
  const IpRest rest = split_ip_rest(endpoint.rest);
  const FamilyChoice choice = allowed_families(endpoint, lookup.family);
  return resolve(rest.host, std::to_string(rest.port.value_or(0)),
                 {.lookup = {choice, lookup.numeric_only, lookup.deadline, lookup.known},
                  .type = type,
                  .services = services_of(type),
                  .role = role,
                  .interrupt_fd = interrupt_fd,
                  .subject = endpoint.typed});
}

std::vector<SocketAddress> addresses_for_client(const Endpoint& endpoint, SocketType type,
                                                const ConnectOptions& options) {
  auto addresses = addresses_of(endpoint, Role::client, type, options.lookup, options.interrupt_fd);
  require_zones(endpoint, addresses, options.socket);
  if (!options.socket.bind) return addresses;
  const int family = parse_bind_address(*options.socket.bind, AF_UNSPEC).family();
  if (family == AF_UNSPEC) return addresses;
  const auto is_other = [=](const SocketAddress& each) { return each.family() != family; };
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_other), addresses.end());
  if (addresses.empty()) {
    throw usage_error("--bind", *options.socket.bind,
                      "is of another family than " + endpoint.typed);
  }
  return addresses;
}

SocketAddress parse_bind_address(std::string_view text, int family) {
  if (text.size() > 1 && text.front() == ':' && is_digits(text.substr(1))) {
    if (const auto port = find_port(text.substr(1), "tcp")) return any_address(family, *port);
  }
  const auto whole = SocketAddress::from_ip(text, 0);
  if (whole) return *whole;
  const bool bracketed = !text.empty() && text.front() == '[';
  const std::size_t end = bracketed ? text.find(']') : text.rfind(':');
  if (end != std::string_view::npos) {
    const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    std::string_view tail = text.substr(bracketed ? end + 1 : end);
    std::optional<std::uint16_t> port = 0;
    if (!tail.empty()) {
      const std::string_view digits = tail.substr(1);
      port = tail.front() == ':' && is_digits(digits) ? find_port(digits, "tcp") : std::nullopt;
    }
    if (port) {
      if (const auto address = SocketAddress::from_ip(host, *port)) return *address;
    }
  }
  throw usage_error(
      "--bind", std::string{text},
      "expected ADDR, ADDR:PORT or :PORT, such as 127.0.0.1, ::1, [::1]:5000 or :5000");
}

std::uint16_t local_port(std::string_view bind) {
  return parse_bind_address(bind, AF_INET).port();
}

void prepare_client(int fd, int family, const SocketOptions& options, SocketOptionSet honoured,
                    std::string_view subject) {
  apply(fd, family, options, honoured, subject);
  if (!options.bind) return;
  const SocketAddress local = parse_bind_address(*options.bind, family);
  if (local.port() == 0) {
    // The port is picked at connect(), where it only has to be free for that peer.
    set_if_possible(fd, NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1, subject,
                    options.notes);
  } else if (is_stream(fd)) {
    // An old connection from this port may still be in TIME-WAIT. Nothing is taken from anybody:
    // a second connection to the same peer fails in connect(). A datagram socket would be.
    set_if_possible(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_REUSEADDR), 1, subject, options.notes);
  }
  checked("bind", *options.bind, [&] { return ::bind(fd, local.data(), local.size()); });
}

}  // namespace netecho
