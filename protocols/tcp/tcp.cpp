#include "protocols/tcp/tcp.hpp"

#include <sys/socket.h>

#include <array>

#include "core/base/error.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/stream/acceptor.hpp"

namespace netecho {
namespace {

constexpr std::array<std::string_view, 3> kSchemes{"tcp", "tcp4", "tcp6"};
constexpr SocketOptionSet kServeOptions =
    kOptionInterface | kOptionTos | kOptionTtl | kOptionDontFragment | kOptionReceiveBuffer |
    kOptionSendBuffer | kOptionBusyPoll | kOptionMss | kOptionKeepalive | kOptionNagle;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionBind;

std::string parse_tcp(std::string_view scheme, std::string_view rest, Role role,
                      std::string_view typed) {
  return format_ip_rest(parse_ip_rest(rest, {scheme, role, typed}));
}

SocketDescription describe_tcp(const Endpoint& endpoint) {
  return describe_ip_endpoint(endpoint, SocketType::stream);
}

std::vector<Served> serve_tcp(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  for (BoundSocket& bound : bind_ip(endpoint, SocketType::stream, options, kServeOptions)) {
    prepare_tcp_listener(bound.fd.get(), endpoint.typed);
    Served served{.socket = std::make_unique<StreamAcceptor>(std::move(bound.fd)),
                  .endpoint = *describe(bound.address, SocketType::stream),
                  .cleanup = {}};
    out.push_back(std::move(served));
  }
  return out;
}

}  // namespace

void prepare_tcp_listener(int fd, std::string_view subject) {
  const int on = 1;
  checked("setsockopt SO_OOBINLINE", subject,
          [&] { return ::setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on); });
}

Backend tcp_backend() noexcept {
  return {
      .name = "tcp",
      .schemes = kSchemes,
      .summary = "TCP over IPv4 or IPv6",
      .example = "tcp://localhost:7",
      .capabilities = {.connects = true,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions},
      .parse_rest = parse_tcp,
      .describe = describe_tcp,
      .connect = nullptr,
      .connect_port = nullptr,
      .serve = serve_tcp,
      .complete = nullptr,
  };
}

}  // namespace netecho
