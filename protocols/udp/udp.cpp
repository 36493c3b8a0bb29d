#include "protocols/udp/udp.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/ip/one_peer.hpp"
#include "protocols/message/datagram_client.hpp"
#include "protocols/message/datagram_server.hpp"
#include "protocols/message/receive_buffer.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 3> kSchemes{
    {{"udp", std::nullopt}, {"udp4", AddressFamily::ipv4}, {"udp6", AddressFamily::ipv6}}};
constexpr SocketOptionSet kServeOptions = kOptionInterface | kOptionTos | kOptionTtl |
                                          kOptionDontFragment | kOptionReceiveBuffer |
                                          kOptionSendBuffer | kOptionBusyPoll | kOptionMark;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionBind;
constexpr std::size_t kMaxMessageBytes = 65'507;  // 65,535 less the IPv4 and UDP headers.

std::string parse_udp(std::string_view rest, const RestContext& context) {
  return format_ip_rest(parse_ip_rest(rest, context));
}

SocketDescription describe_udp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, kUdpKind);
}

Served serve_bound(BoundSocket bound, const Endpoint& endpoint, const ServeOptions& options) {
  const auto port = [&](UniqueFd& fd) {
    enlarge_receive_buffer(fd.get(), options.socket);
    return make_udp_server(std::move(fd), options.sources, endpoint.typed, options.socket.notes);
  };
  const int fd = bound.fd.get();
  Served served{
      .socket = port(bound.fd), .endpoint = *describe(bound.address, kUdpKind), .kind = kUdpKind};
  for (UniqueFd& sibling : bound.siblings) served.siblings.emplace_back(port(sibling));
  remember_interface(
      served, fd, kUdpKind, endpoint, options, kServeOptions,
      [=](BoundSocket again) { return serve_bound(std::move(again), endpoint, options); });
  return served;
}

std::vector<Served> serve_udp(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  for (BoundSocket& bound : bind_ip(endpoint, kUdpKind, options, kServeOptions)) {
    out.push_back(serve_bound(std::move(bound), endpoint, options));
  }
  return out;
}

/// Makes the socket of a client and connects it to the first of its addresses that can be.
class Connector {
 public:
  Connector(const Endpoint& endpoint, const ConnectOptions& options)
      : endpoint_{endpoint},
        options_{options},
        peers_{addresses_for_client(endpoint, SocketType::datagram, options)} {}

  Connection connect() {
    UniqueFd fd = open_for_all();
    connect_first(fd.get());
    auto local = describe(unmapped(local_address(fd.get())), kUdpKind);
    SocketDescription peer = *describe(unmapped(peers_.front()), kUdpKind);
    DatagramClient::Config config{.family = DatagramFamily::ip,
                                  .kind = kUdpKind,
                                  .peers = std::move(peers_),
                                  .cleanup = nullptr};
    return {.socket = std::make_unique<DatagramClient>(std::move(fd), std::move(config)),
            .peer = std::move(peer),
            .local = std::move(local),
            .connect_time = std::nullopt};
  }

 private:
  [[nodiscard]] bool has_family(int family) const {
    return std::any_of(peers_.begin(), peers_.end(),
                       [=](const SocketAddress& peer) { return peer.family() == family; });
  }

  /// One descriptor serves all addresses: with both families it is an IPv6 socket that speaks IPv4,
  /// too.
  UniqueFd open_for_all() {
    if (!has_family(AF_INET6)) return open_socket(AF_INET);
    if (!has_family(AF_INET)) return open_socket(AF_INET6);
    try {
      UniqueFd fd = open_socket(AF_INET6);
      apply(fd.get(), AF_INET, options_.socket, kOptionTos | kOptionTtl | kOptionDontFragment,
            endpoint_.typed);
      std::transform(peers_.begin(), peers_.end(), peers_.begin(), mapped);
      return fd;
    } catch (const SysError& error) {
      if (error.error_number() != EAFNOSUPPORT) throw;
      const auto is_v6 = [](const SocketAddress& peer) { return peer.family() == AF_INET6; };
      peers_.erase(std::remove_if(peers_.begin(), peers_.end(), is_v6), peers_.end());
      return open_socket(AF_INET);
    }
  }

  UniqueFd open_socket(int family) const {
    UniqueFd fd{checked("socket", endpoint_.typed, [&] {
      return ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    })};
    if (family == AF_INET6) {
      if (has_family(AF_INET)) {
        set_needed(fd.get(), NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_V6ONLY), 0, endpoint_.typed);
      }
      wish(fd.get(), NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVERR));
    }
    // Without it a router's error comes as a bare number, and not of which message it is.
    wish(fd.get(), NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_RECVERR));
    prepare_client(fd.get(), family, options_.socket, kClientOptions, endpoint_.typed);
    enlarge_receive_buffer(fd.get(), options_.socket);
    return fd;
  }

  void wish(int fd, const NamedOption& option) const {
    set_if_possible(fd, option, 1, endpoint_.typed, options_.socket.notes);
  }

  void connect_first(int fd) {
    while (::connect(fd, peers_.front().data(), peers_.front().size()) != 0) {
      const int error = errno;
      if (error == EINTR) continue;
      if (peers_.size() == 1) throw connect_error(endpoint_, peers_.front(), error);
      peers_.erase(peers_.begin());
    }
  }

  const Endpoint& endpoint_;
  const ConnectOptions& options_;
  std::vector<SocketAddress> peers_;
};

Connection connect_udp(const Endpoint& endpoint, const ConnectOptions& options) {
  return Connector{endpoint, options}.connect();
}

std::vector<std::string> loopback_udp(const std::string& /*unique*/) {
  return {"udp4://127.0.0.1:0", "udp6://[::1]:0"};
}

}  // namespace

std::unique_ptr<MessagePort> make_udp_server(UniqueFd fd, const SourceRules& rules,
                                             std::string_view subject, const SocketNotes& notes) {
  const bool v6 = local_address(fd.get()).family() == AF_INET6;
  // One client's ICMP error must not become an error of everyone's socket.
  set_if_possible(fd.get(),
                  v6 ? NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVERR)
                     : NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_RECVERR),
                  0, subject, notes);
  IpDatagramRules judge{fd.get(), rules, subject, notes};
  return std::make_unique<DatagramServer>(std::move(fd), std::move(judge), kUdpKind);
}

Backend udp_backend() noexcept {
  return {
      .kind = kUdpKind,
      .schemes = kSchemes,
      .summary = "UDP over IPv4 or IPv6",
      .example = "udp://localhost:7",
      .capabilities = {.boundaries = true,
                       .kernel_stamps = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceNetworks | kSourceDatagrams | kSourceRates},
      .parse_rest = parse_udp,
      .describe = describe_udp,
      .connect = connect_udp,
      .connect_port = nullptr,
      .serve = serve_udp,
      .loopback = loopback_udp,
      .complete = complete_ip,
  };
}

}  // namespace netecho
