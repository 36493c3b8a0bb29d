#include "protocols/icmp/icmp.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <exception>
#include <optional>

#include "core/base/error.hpp"
#include "core/net/ip_number.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/icmp/icmp_client.hpp"
#include "protocols/icmp/open_icmp.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/message/receive_buffer.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 3> kSchemes{
    {{"icmp", std::nullopt}, {"icmp4", AddressFamily::ipv4}, {"icmp6", AddressFamily::ipv6}}};
constexpr SocketOptionSet kClientOptions = kOptionBind | kOptionInterface | kOptionTos |
                                           kOptionTtl | kOptionDontFragment | kOptionReceiveBuffer |
                                           kOptionSendBuffer | kOptionBusyPoll | kOptionMark;
constexpr std::size_t kMaxMessageBytes = 65'507;  // 65,535 less the IPv4 and ICMP headers.

std::string parse_icmp(std::string_view rest, const RestContext& context) {
  return format_ip_rest(parse_host_rest(rest, context, ManyHosts::allowed));
}

SocketDescription describe_icmp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, kIcmpKind);
}

/// Makes the socket of a client for the first of its addresses that can be reached.
class Pinger {
 public:
  Pinger(const Endpoint& endpoint, const ConnectOptions& options)
      : endpoint_{endpoint}, options_{options} {}

  Connection connect() {
    reject_port();
    std::exception_ptr told;
    for (const SocketAddress& each :
         addresses_for_client(endpoint_, SocketType::datagram, options_)) {
      try {
        return connect_to(unmapped(each));
      } catch (const Error& error) {
        if (error.category() == ErrorCategory::usage) throw;
        if (!told) told = std::current_exception();
      }
    }
    std::rethrow_exception(told);
  }

 private:
  void reject_port() const {
    const auto& bind = options_.socket.bind;
    if (bind && local_port(*bind) != 0) {
      throw usage_error("--bind", *bind, "ICMP has no ports: " + endpoint_.typed);
    }
  }

  IcmpSocket open(int family) const {
    const bool v6 = family == AF_INET6;
    IcmpSocket out =
        open_icmp(v6 ? IcmpVersion::v6 : IcmpVersion::v4, endpoint_.typed, options_.socket.notes);
    const int fd = out.fd.get();
    if (v6) {
      wish(fd, NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVERR));
      wish(fd, NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVHOPLIMIT));
    } else {
      wish(fd, NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_RECVERR));
      wish(fd, NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_RECVTTL));
    }
    prepare_client(fd, family, options_.socket, kClientOptions, endpoint_.typed);
    enlarge_receive_buffer(fd, options_.socket);
    return out;
  }

  void wish(int fd, const NamedOption& option) const {
    set_if_possible(fd, option, 1, endpoint_.typed, options_.socket.notes);
  }

  /// Returns an errno, or 0.
  static int connect_error(int fd, const SocketAddress& peer) noexcept {
    int result = 0;
    do result = ::connect(fd, peer.data(), peer.size());
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
  }

  /// Tells whether the peer is a broadcast: the kernel knows, and refuses it unless it is wanted.
  bool connect(int fd, const SocketAddress& peer) const {
    int error = connect_error(fd, peer);
    const bool broadcast = error == EACCES && peer.family() == AF_INET;
    if (broadcast) {
      want_broadcast(fd);
      error = connect_error(fd, peer);
    }
    if (error != 0) throw SysError{"connect", endpoint_.typed, error};
    return broadcast;
  }

  void want_broadcast(int fd) const { wish(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_BROADCAST)); }

  /// Connects, but for a raw socket that others may answer than who is asked: another one tells
  /// what that would know. The kernel gives each reply to each raw socket that is not connected.
  /// Others answer broadcasts and groups (RFC 1122 section 3.2.2.6), and an anycast address of
  /// IPv6, which looks like any other (RFC 4443 section 4.2).
  Connection connect_to(const SocketAddress& peer) const {
    IcmpSocket socket = open(peer.family());
    const bool broadcast = connect(socket.fd.get(), peer);
    const SocketAddress local = without_port(local_address(socket.fd.get()));
    const bool others =
        broadcast || peer.family() == AF_INET6 || !ip_number(*peer.data()).is_unicast();
    if (others && socket.echo.access == IcmpAccess::raw) {
      socket = open(peer.family());
      if (broadcast) want_broadcast(socket.fd.get());
    }
    const IcmpClient::Config config{
        .echo = socket.echo, .kind = kIcmpKind, .peer = without_port(peer), .local = local};
    return connection_over(std::make_unique<IcmpClient>(std::move(socket.fd), config));
  }

  /// Where other sockets have a port these have an identifier or a protocol.
  static SocketAddress without_port(SocketAddress address) {
    address.set_port(0);
    return address;
  }

  const Endpoint& endpoint_;
  const ConnectOptions& options_;
};

Connection connect_icmp(const Endpoint& endpoint, const ConnectOptions& options) {
  return Pinger{endpoint, options}.connect();
}

std::vector<std::string> loopback_icmp(const std::string& /*unique*/) {
  return {"icmp4://127.0.0.1", "icmp6://[::1]"};
}

/// The same hosts as where a port follows.
std::vector<std::string> complete_icmp(std::string_view rest) {
  std::vector<std::string> found = complete_ip(rest);
  for (std::string& host : found) host.pop_back();
  return found;
}

}  // namespace

Backend icmp_backend() noexcept {
  return {
      .kind = kIcmpKind,
      .schemes = kSchemes,
      .summary = "Ping, over IPv4 or IPv6 (send, probe)",
      .example = "icmp://localhost",
      .wire_format = kNumberedFrames,
      .capabilities = {.boundaries = true,
                       .kernel_stamps = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions},
      .parse_rest = parse_icmp,
      .describe = describe_icmp,
      .connect = connect_icmp,
      .connect_port = nullptr,
      .serve = nullptr,
      .no_server = "the kernel answers pings by itself",
      .loopback = loopback_icmp,
      .complete = complete_icmp,
  };
}

}  // namespace netecho
