#include "protocols/mptcp/mptcp.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/tcp/tcp_like.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 3> kSchemes{
    {{"mptcp", std::nullopt}, {"mptcp4", AddressFamily::ipv4}, {"mptcp6", AddressFamily::ipv6}}};
/// Linux has no IP_TTL, IPV6_UNICAST_HOPS or IP_MTU_DISCOVER for MPTCP sockets (EOPNOTSUPP). It has
/// IP_TOS, but not IPV6_TCLASS: over IPv6 the error of setsockopt() says so.
constexpr SocketOptionSet kServeOptions = kOptionInterface | kOptionTos | kOptionReceiveBuffer |
                                          kOptionSendBuffer | kOptionBusyPoll | kOptionMss |
                                          kOptionKeepalive | kOptionNagle | kOptionMark;
constexpr TcpLike kMptcp{.kind = kMptcpKind,
                         .serve_options = kServeOptions,
                         .client_options = kServeOptions | kOptionBind | kOptionClose};

/// Why socket() gave none, if that is for the lack of MPTCP. Another error (no such family, no
/// right to it) is told by whoever meets it.
const char* lack_of_mptcp(int error) noexcept {
  switch (error) {
    case ENOPROTOOPT:
      return "MPTCP is off in this network namespace; sysctl net.mptcp.enabled=1 turns it on";
    case EPROTONOSUPPORT:
    case EINVAL:  // Before Linux 5.6 no protocol had such a high number.
      return "this kernel has no MPTCP; one that has it knows sysctl net.mptcp.enabled";
    default:
      return nullptr;
  }
}

/// Throws Error where there is no MPTCP, before a name is looked up. Any family tells.
void require_mptcp(const Endpoint& endpoint) {
  for (const int family : {AF_INET, AF_INET6}) {
    const UniqueFd fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP)};
    if (fd.valid()) return;
    const int error = errno;
    if (const char* reason = lack_of_mptcp(error)) {
      throw Error{ErrorCategory::connect, "socket", endpoint.typed, reason, error};
    }
  }
}

SocketDescription describe_mptcp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, kMptcpKind);
}

std::vector<Served> serve_mptcp(const Endpoint& endpoint, const ServeOptions& options) {
  require_mptcp(endpoint);
  return serve_tcp_like(kMptcp, endpoint, options);
}

Connection connect_mptcp(const Endpoint& endpoint, const ConnectOptions& options) {
  require_mptcp(endpoint);
  return connect_tcp_like(kMptcp, endpoint, options);
}

std::unique_ptr<MessagePort> connect_port_mptcp(const Endpoint& endpoint,
                                                const ConnectOptions& options) {
  require_mptcp(endpoint);
  return connect_port_tcp_like(kMptcp, endpoint, options);
}

std::vector<std::string> loopback_mptcp(const std::string& /*unique*/) {
  return {"mptcp4://127.0.0.1:0", "mptcp6://[::1]:0"};
}

}  // namespace

Backend mptcp_backend() noexcept {
  return {
      .kind = kMptcpKind,
      .schemes = kSchemes,
      .summary = "Multipath TCP over IPv4 or IPv6",
      .example = "mptcp://localhost:7",
      // No stamps: of what an MPTCP socket sends the kernel gives none.
      .capabilities = {.connects = true,
                       .client_options = kMptcp.client_options,
                       .serve_options = kMptcp.serve_options,
                       .source_controls = kSourceNetworks | kSourceConnections},
      .parse_rest = parse_tcp_like,
      .describe = describe_mptcp,
      .connect = connect_mptcp,
      .connect_port = connect_port_mptcp,
      .serve = serve_mptcp,
      .loopback = loopback_mptcp,
      .complete = complete_ip,
  };
}

}  // namespace netecho
