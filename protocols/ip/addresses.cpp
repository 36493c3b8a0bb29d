#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"

namespace netecho {
namespace {

/// What the scheme and -4/-6 leave.
FamilyChoice allowed_families(const Endpoint& endpoint, FamilyChoice choice) {
  const auto family = family_of(endpoint.scheme);
  if (!family) return choice;
  return *family == AddressFamily::ipv4 ? FamilyChoice::ipv4_only : FamilyChoice::ipv6_only;
}

std::vector<SocketAddress> of_both(std::string_view v4, std::string_view v6, std::uint16_t port,
                                   FamilyChoice choice) {
  std::vector<SocketAddress> out;
  if (choice != FamilyChoice::ipv6_only) out.push_back(*SocketAddress::from_ip(v4, port));
  if (choice != FamilyChoice::ipv4_only) out.push_back(*SocketAddress::from_ip(v6, port));
  return out;
}

bool is_localhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  return std::equal(host.begin(), host.end(), kName.begin(), kName.end(), [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
  });
}

}  // namespace

std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, Role role, SocketType type,
                                        const NameLookup& lookup, int interrupt_fd) {
  check_family(std::span{&endpoint, 1}, lookup.family);
  const IpRest rest = split_ip_rest(endpoint.rest);
  const FamilyChoice choice = allowed_families(endpoint, lookup.family);
  if (rest.kind == HostKind::none && role == Role::serve) {
    return of_both("0.0.0.0", "::", rest.port, choice);
  }
  if (rest.kind == HostKind::none || is_localhost(rest.host)) {
    return of_both("127.0.0.1", "::1", rest.port, choice);
  }
  if (rest.kind != HostKind::name) {
    if (const auto address = SocketAddress::from_ip(rest.host, rest.port)) return {*address};
    throw Error{ErrorCategory::connect, "endpoint", endpoint.typed,
                "this host has no interface '" + rest.host.substr(rest.host.find('%') + 1) + "'",
                ENODEV};
  }
  static_cast<void>(type);
  static_cast<void>(interrupt_fd);
  throw Error{ErrorCategory::resolve, "resolve", endpoint.typed, "names are not looked up yet"};
}

SocketAddress parse_bind_address(std::string_view text) {
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
  throw usage_error("--bind", std::string{text},
                    "expected ADDR or ADDR:PORT, such as 127.0.0.1, ::1 or [::1]:5000");
}

void prepare_client(int fd, const SocketAddress& peer, const SocketOptions& options,
                    SocketOptionSet honoured, std::string_view subject) {
  apply(fd, peer.family(), options, honoured, subject);
  if (!options.bind) return;
  const SocketAddress local = parse_bind_address(*options.bind);
  if (local.port() == 0) {
    // The port is picked at connect(), where it only has to be free for that peer.
    const int on = 1;
    checked("setsockopt", subject,
            [&] { return ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on); });
  }
  checked("bind", *options.bind, [&] { return ::bind(fd, local.data(), local.size()); });
}

}  // namespace netecho
