#include "protocols/tcp/tcp.hpp"

#include <array>

#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/tcp/tcp_like.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 3> kSchemes{
    {{"tcp", std::nullopt}, {"tcp4", AddressFamily::ipv4}, {"tcp6", AddressFamily::ipv6}}};
constexpr SocketOptionSet kServeOptions = kOptionInterface | kOptionTos | kOptionTtl |
                                          kOptionDontFragment | kOptionReceiveBuffer |
                                          kOptionSendBuffer | kOptionBusyPoll | kOptionMss |
                                          kOptionKeepalive | kOptionNagle | kOptionMark;
constexpr TcpLike kTcp{.kind = kTcpKind,
                       .serve_options = kServeOptions,
                       .client_options = kServeOptions | kOptionBind | kOptionClose};

SocketDescription describe_tcp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, kTcpKind);
}

std::vector<Served> serve_tcp(const Endpoint& endpoint, const ServeOptions& options) {
  return serve_tcp_like(kTcp, endpoint, options);
}

Connection connect_tcp(const Endpoint& endpoint, const ConnectOptions& options) {
  return connect_tcp_like(kTcp, endpoint, options);
}

std::unique_ptr<MessagePort> connect_port_tcp(const Endpoint& endpoint,
                                              const ConnectOptions& options) {
  return connect_port_tcp_like(kTcp, endpoint, options);
}

std::vector<std::string> loopback_tcp(const std::string& /*unique*/) {
  return {"tcp4://127.0.0.1:0", "tcp6://[::1]:0"};
}

}  // namespace

Backend tcp_backend() noexcept {
  return {
      .kind = kTcpKind,
      .schemes = kSchemes,
      .summary = "TCP over IPv4 or IPv6",
      .example = "tcp://localhost:7",
      .capabilities = {.connects = true,
                       .kernel_stamps = true,
                       .client_options = kTcp.client_options,
                       .serve_options = kTcp.serve_options,
                       .source_controls = kSourceNetworks | kSourceConnections},
      .parse_rest = parse_tcp_like,
      .describe = describe_tcp,
      .connect = connect_tcp,
      .connect_port = connect_port_tcp,
      .serve = serve_tcp,
      .loopback = loopback_tcp,
      .complete = complete_ip,
  };
}

}  // namespace netecho
