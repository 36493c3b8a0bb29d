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

/// What the scheme and -4/-6 leave.
FamilyChoice allowed_families(const Endpoint& endpoint, FamilyChoice choice) {
  const auto family = family_of(endpoint.scheme);
  if (!family) return choice;
  return *family == AddressFamily::ipv4 ? FamilyChoice::ipv4_only : FamilyChoice::ipv6_only;
}

}  // namespace

std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, Role role, SocketType type,
                                        const NameLookup& lookup, int interrupt_fd) {
  check_family(std::span{&endpoint, 1}, lookup.family);
  const IpRest rest = split_ip_rest(endpoint.rest);
  const FamilyChoice choice = allowed_families(endpoint, lookup.family);
  return resolve(rest.host, std::to_string(rest.port),
                 {.lookup = {choice, lookup.numeric_only, lookup.deadline},
                  .type = type,
                  .role = role,
                  .interrupt_fd = interrupt_fd,
                  .subject = endpoint.typed});
}

std::vector<SocketAddress> addresses_for_client(const Endpoint& endpoint, SocketType type,
                                                const ConnectOptions& options) {
  auto addresses = addresses_of(endpoint, Role::client, type, options.lookup, options.interrupt_fd);
  require_zones(endpoint, addresses, options.socket);
  if (!options.socket.bind) return addresses;
  const int family = parse_bind_address(*options.socket.bind).family();
  const auto is_other = [=](const SocketAddress& each) { return each.family() != family; };
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_other), addresses.end());
  if (addresses.empty()) {
    throw usage_error("--bind", *options.socket.bind,
                      "is of another family than " + endpoint.typed);
  }
  return addresses;
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

void prepare_client(int fd, int family, const SocketOptions& options, SocketOptionSet honoured,
                    std::string_view subject) {
  apply(fd, family, options, honoured, subject);
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
