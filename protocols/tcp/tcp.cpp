#include "protocols/tcp/tcp.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/base/error.hpp"
#include "core/net/connector.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/ip/one_peer.hpp"
#include "protocols/stream/acceptor.hpp"
#include "protocols/stream/connect_port.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 3> kSchemes{
    {{"tcp", std::nullopt}, {"tcp4", AddressFamily::ipv4}, {"tcp6", AddressFamily::ipv6}}};
constexpr SocketOptionSet kServeOptions = kOptionInterface | kOptionTos | kOptionTtl |
                                          kOptionDontFragment | kOptionReceiveBuffer |
                                          kOptionSendBuffer | kOptionBusyPoll | kOptionMss |
                                          kOptionKeepalive | kOptionNagle | kOptionMark;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionBind | kOptionClose;

std::string parse_tcp(std::string_view rest, const RestContext& context) {
  return format_ip_rest(parse_ip_rest(rest, context));
}

SocketDescription describe_tcp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, kTcpKind);
}

Served serve_bound(BoundSocket bound, const Endpoint& endpoint, const ServeOptions& options) {
  const auto acceptor = [&](UniqueFd& fd) {
    keep_urgent_data_inline(fd.get(), endpoint.typed, options.socket.notes);
    return std::make_unique<StreamAcceptor>(std::move(fd), options.sources);
  };
  const int fd = bound.fd.get();
  Served served{.socket = acceptor(bound.fd),
                .endpoint = *describe(bound.address, kTcpKind),
                .kind = kTcpKind};
  for (UniqueFd& sibling : bound.siblings) served.siblings.emplace_back(acceptor(sibling));
  remember_interface(
      served, fd, SocketType::stream, endpoint, options, kServeOptions,
      [=](BoundSocket again) { return serve_bound(std::move(again), endpoint, options); });
  return served;
}

std::vector<Served> serve_tcp(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  for (BoundSocket& bound : bind_ip(endpoint, SocketType::stream, options, kServeOptions)) {
    out.push_back(serve_bound(std::move(bound), endpoint, options));
  }
  return out;
}

/// Called before connect(). A client that names its own address can only use peers of that family.
void prepare_tcp_client(int fd, const SocketAddress& peer, const Endpoint& endpoint,
                        const SocketOptions& options) {
  prepare_client(fd, peer.family(), options, kClientOptions, endpoint.typed);
  keep_urgent_data_inline(fd, endpoint.typed, options.notes);
}

Connected connect_to_first(const Endpoint& endpoint, std::span<const SocketAddress> addresses,
                           const ConnectOptions& options) try {
  return connect_first(addresses, {.type = SocketType::stream,
                                   .timeout = options.connect_timeout,
                                   .interrupt_fd = options.interrupt_fd,
                                   .subject = endpoint.typed,
                                   .prepare = [&](int fd, const SocketAddress& peer) {
                                     prepare_tcp_client(fd, peer, endpoint, options.socket);
                                   }});
} catch (const SysError& error) {
  if (auto known = broadcast_error(endpoint, addresses, error.error_number())) throw *known;
  throw;
}

Connection connect_tcp(const Endpoint& endpoint, const ConnectOptions& options) {
  const auto addresses = addresses_for_client(endpoint, SocketType::stream, options);
  Connected connected = connect_to_first(endpoint, addresses, options);
  auto local = describe(unmapped(local_address(connected.fd.get())), kTcpKind);
  return {.socket = ByteChannel{std::move(connected.fd)},
          .peer = *describe(unmapped(connected.peer), kTcpKind),
          .local = std::move(local),
          .connect_time = connected.connect_time};
}

std::unique_ptr<MessagePort> connect_port_tcp(const Endpoint& endpoint,
                                              const ConnectOptions& options) {
  const auto addresses = addresses_for_client(endpoint, SocketType::stream, options);
  // Each attempt would fail for the same reason.
  if (auto known = broadcast_error(endpoint, addresses, ENETUNREACH)) throw *known;
  const auto prepare = [socket = options.socket, subject = endpoint.typed](
                           int fd, const SocketAddress& peer) {
    prepare_client(fd, peer.family(), socket, kClientOptions, subject);
  };
  return make_connect_port(
      {.addresses = addresses, .kind = kTcpKind, .subject = endpoint.typed, .prepare = prepare},
      options.connect_timeout);
}

std::vector<std::string> loopback_tcp(const std::string& /*unique*/) {
  return {"tcp4://127.0.0.1:0", "tcp6://[::1]:0"};
}

}  // namespace

void keep_urgent_data_inline(int fd, std::string_view subject, const SocketNotes& notes) {
  set_if_possible(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_OOBINLINE), 1, subject, notes);
}

Backend tcp_backend() noexcept {
  return {
      .kind = kTcpKind,
      .schemes = kSchemes,
      .summary = "TCP over IPv4 or IPv6",
      .example = "tcp://localhost:7",
      .capabilities = {.connects = true,
                       .kernel_stamps = true,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceNetworks | kSourceConnections},
      .parse_rest = parse_tcp,
      .describe = describe_tcp,
      .connect = connect_tcp,
      .connect_port = connect_port_tcp,
      .serve = serve_tcp,
      .loopback = loopback_tcp,
      .complete = complete_ip,
  };
}

}  // namespace netecho
