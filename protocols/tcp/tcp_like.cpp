#include "protocols/tcp/tcp_like.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "core/base/error.hpp"
#include "core/net/connector.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/one_peer.hpp"
#include "protocols/stream/acceptor.hpp"
#include "protocols/stream/connect_port.hpp"

namespace netecho {
namespace {

Served serve_bound(const TcpLike& as, BoundSocket bound, const Endpoint& endpoint,
                   const ServeOptions& options) {
  const auto acceptor = [&](UniqueFd& fd) {
    keep_urgent_data_inline(fd.get(), endpoint.typed, options.socket.notes);
    return std::make_unique<StreamAcceptor>(std::move(fd), options.sources);
  };
  const int fd = bound.fd.get();
  Served served{
      .socket = acceptor(bound.fd), .endpoint = *describe(bound.address, as.kind), .kind = as.kind};
  for (UniqueFd& sibling : bound.siblings) served.siblings.emplace_back(acceptor(sibling));
  remember_interface(
      served, fd, as.kind, endpoint, options, as.serve_options,
      [=](BoundSocket again) { return serve_bound(as, std::move(again), endpoint, options); });
  return served;
}

/// Called before connect(). A client that names its own address can only use peers of that family.
void prepare_tcp_like(const TcpLike& as, int fd, const SocketAddress& peer,
                      const Endpoint& endpoint, const SocketOptions& options) {
  prepare_client(fd, peer.family(), options, as.client_options, endpoint.typed);
  keep_urgent_data_inline(fd, endpoint.typed, options.notes);
}

Connected connect_to_first(const TcpLike& as, const Endpoint& endpoint,
                           std::span<const SocketAddress> addresses,
                           const ConnectOptions& options) try {
  return connect_first(addresses, {.type = as.kind.type,
                                   .protocol = as.kind.protocol,
                                   .timeout = options.connect_timeout,
                                   .interrupt_fd = options.interrupt_fd,
                                   .subject = endpoint.typed,
                                   .prepare = [&](int fd, const SocketAddress& peer) {
                                     prepare_tcp_like(as, fd, peer, endpoint, options.socket);
                                   }});
} catch (const SysError& error) {
  if (auto known = broadcast_error(endpoint, addresses, error.error_number())) throw *known;
  throw;
}

}  // namespace

std::string parse_tcp_like(std::string_view rest, const RestContext& context) {
  return format_ip_rest(parse_ip_rest(rest, context));
}

std::vector<Served> serve_tcp_like(const TcpLike& as, const Endpoint& endpoint,
                                   const ServeOptions& options) {
  std::vector<Served> out;
  for (BoundSocket& bound : bind_ip(endpoint, as.kind, options, as.serve_options)) {
    out.push_back(serve_bound(as, std::move(bound), endpoint, options));
  }
  return out;
}

Connection connect_tcp_like(const TcpLike& as, const Endpoint& endpoint,
                            const ConnectOptions& options) {
  const auto addresses = addresses_for_client(endpoint, as.kind.type, options);
  Connected connected = connect_to_first(as, endpoint, addresses, options);
  auto local = describe(unmapped(local_address(connected.fd.get())), as.kind);
  return {.socket = ByteChannel{std::move(connected.fd)},
          .peer = *describe(unmapped(connected.peer), as.kind),
          .local = std::move(local),
          .connect_time = connected.connect_time};
}

std::unique_ptr<MessagePort> connect_port_tcp_like(const TcpLike& as, const Endpoint& endpoint,
                                                   const ConnectOptions& options) {
  const auto addresses = addresses_for_client(endpoint, as.kind.type, options);
  // Each attempt would fail for the same reason.
  if (auto known = broadcast_error(endpoint, addresses, ENETUNREACH)) throw *known;
  const auto prepare = [socket = options.socket, honoured = as.client_options,
                        subject = endpoint.typed](int fd, const SocketAddress& peer) {
    prepare_client(fd, peer.family(), socket, honoured, subject);
  };
  return make_connect_port(
      {.addresses = addresses, .kind = as.kind, .subject = endpoint.typed, .prepare = prepare},
      options.connect_timeout);
}

void keep_urgent_data_inline(int fd, std::string_view subject, const SocketNotes& notes) {
  set_if_possible(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_OOBINLINE), 1, subject, notes);
}

}  // namespace netecho
