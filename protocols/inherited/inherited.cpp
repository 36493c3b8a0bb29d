#include "protocols/inherited/inherited.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/error.hpp"
#include "core/host/listen_fds.hpp"
#include "core/net/bound_interface.hpp"
#include "core/net/socket_address.hpp"
#include "core/net/socket_ends.hpp"
#include "core/net/socket_type.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/mptcp/mptcp.hpp"
#include "protocols/stream/acceptor.hpp"
#include "protocols/tcp/tcp.hpp"
#include "protocols/tcp/tcp_like.hpp"
#include "protocols/udp/udp.hpp"
#include "protocols/unix/unix.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 2> kSchemes{{{"fd", std::nullopt}, {"sd", std::nullopt}}};
/// What every socket has, of whichever family it turns out to be.
constexpr SocketOptionSet kServeOptions =
    kOptionReceiveBuffer | kOptionSendBuffer | kOptionBusyPoll | kOptionMark;
/// Each of them may mean something for what a descriptor turns out to be.
constexpr SourceControls kSourceControls =
    kSourceNetworks | kSourceUsers | kSourceDatagrams | kSourceRates | kSourceConnections;
constexpr std::size_t kLongestFdName = 255;  // sd_pid_notify_with_fds(3), FDNAME=.

std::optional<int> to_fd(std::string_view text) {
  int fd = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fd);
  if (!is_digits(text) || error != std::errc{}) return std::nullopt;
  return fd;
}

std::string parse_inherited(std::string_view rest, const RestContext& context) {
  const std::string_view typed = context.typed;
  if (context.scheme.text == "fd") {
    if (rest.empty()) reject_endpoint(typed, "the number of the descriptor is missing");
    const auto fd = to_fd(rest);
    if (!fd) reject_endpoint(typed, "'" + std::string{rest} + "' is not a descriptor's number");
    return std::to_string(*fd);
  }
  const bool clean =
      std::all_of(rest.begin(), rest.end(), [](char c) { return c >= ' ' && c < 127 && c != ':'; });
  if (!clean || rest.size() > kLongestFdName) {
    reject_endpoint(typed, "'" + std::string{rest} + "' cannot be a name in LISTEN_FDNAMES");
  }
  return std::string{rest};
}

std::optional<int> get_option(int fd, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &size) != 0) return std::nullopt;
  return value;
}

bool is_ip(int domain) noexcept {
  return domain == AF_INET || domain == AF_INET6;
}

/// None for what no transport here has.
std::optional<SocketType> type_of(int native) noexcept {
  for (const SocketType type : {SocketType::stream, SocketType::datagram, SocketType::seqpacket}) {
    if (native_type(type) == native) return type;
  }
  return std::nullopt;
}

/// What a socket is; none if it is of no transport that takes descriptors.
std::optional<SocketKind> kind_of(int domain, SocketType type, int protocol) noexcept {
  if (domain == AF_UNIX) return unix_socket::kind_of(type);
  if (!is_ip(domain)) return std::nullopt;
  if (type == SocketType::datagram && protocol == IPPROTO_UDP) return kUdpKind;
  if (type != SocketType::stream) return std::nullopt;
  if (protocol == IPPROTO_MPTCP) return kMptcpKind;
  return protocol == IPPROTO_TCP ? std::optional{kTcpKind} : std::nullopt;
}

/// Why a socket of Internet addresses is not served.
std::string why_not(SocketType type, int protocol) {
  const bool ping = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
  if (type == SocketType::datagram && ping) {
    return "is a ping socket, which gets answers alone: the kernel answers pings by itself";
  }
  return "speaks neither TCP nor UDP";
}

/// One descriptor on its way to become a `Served`.
class Adoption {
 public:
  Adoption(int fd, const Endpoint& endpoint, const ServeOptions& options)
      : fd_{fd}, endpoint_{endpoint}, options_{options} {}

  Served run() {
    look_at_it();
    Served out = make_served();
    out.inherited = true;
    out.kind = kind_;
    if (ip_) out.interface = bound_interface(fd_);
    if (auto bound = describe(local_, kind_)) {
      out.endpoint = std::move(*bound);
    } else {
      out.endpoint = describe_unnamed();
    }
    return out;
  }

 private:
  [[noreturn]] void reject(const std::string& reason, int error = 0) const {
    throw Error{ErrorCategory::connect, "adopt", endpoint_.typed,
                "descriptor " + std::to_string(fd_) + " " + reason, error};
  }

  void look_at_it() {
    if (::fcntl(fd_, F_GETFD) < 0) reject("is not open", EBADF);
    const auto domain = get_option(fd_, SO_DOMAIN);
    const auto type = get_option(fd_, SO_TYPE);
    if (!domain || !type) reject("is not a socket", ENOTSOCK);
    ip_ = is_ip(*domain);
    if (*domain == AF_PACKET) {
      reject("is a socket of frames, which netecho opens by itself: serve packet://INTERFACE",
             EAFNOSUPPORT);
    }
    if (!ip_ && *domain != AF_UNIX) {
      reject("is a socket of a family that netecho does not serve", EAFNOSUPPORT);
    }
    const auto known = type_of(*type);
    if (!known) reject("is a socket of a type that netecho does not serve", ESOCKTNOSUPPORT);
    const int protocol = get_option(fd_, SO_PROTOCOL).value_or(0);
    const auto kind = kind_of(*domain, *known, protocol);
    if (!kind) reject(why_not(*known, protocol), EPROTONOSUPPORT);
    kind_ = *kind;
    listens_ = get_option(fd_, SO_ACCEPTCONN).value_or(0) != 0;
    connected_ = peer_address(fd_).size() > 0;
    local_ = local_address(fd_);
    const int flags = checked("fcntl", endpoint_.typed, [&] { return ::fcntl(fd_, F_GETFL); });
    checked("fcntl", endpoint_.typed, [&] { return ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK); });
    checked("fcntl", endpoint_.typed, [&] { return ::fcntl(fd_, F_SETFD, FD_CLOEXEC); });
  }

  Served make_served() {
    const bool tcp = ip_ && kind_.type == SocketType::stream;
    const SocketOptionSet honoured = kServeOptions | (tcp ? kOptionNagle : 0U);
    if (kind_.type == SocketType::datagram) {
      const bool bound = ip_ ? local_.port() != 0 : local_.size() > 0 && !local_.is_unnamed();
      if (!bound) reject("is not bound to an address", EDESTADDRREQ);
    } else if (!listens_) {
      if (!connected_) reject("neither listens nor is connected", ENOTCONN);
      if (kind_.type == SocketType::seqpacket) {
        reject("is a connected record socket; only its listener can be served", EPROTOTYPE);
      }
    }
    apply(fd_, local_.family(), options_.socket, honoured, endpoint_.typed);
    if (tcp) keep_urgent_data_inline(fd_, endpoint_.typed, options_.socket.notes);
    return wrap();
  }

  Served wrap() {
    if (!ip_ && (listens_ || kind_.type == SocketType::datagram)) {
      return unix_socket::make_served(UniqueFd{fd_}, kind_.type, options_);
    }
    Served out{.socket = std::unique_ptr<Acceptor>{}, .endpoint = {}, .cleanup = {}};
    if (kind_.type == SocketType::datagram) {
      out.socket =
          make_udp_server(UniqueFd{fd_}, options_.sources, endpoint_.typed, options_.socket.notes);
    } else if (listens_) {
      const auto acceptor = [&](UniqueFd fd) {
        return std::make_unique<StreamAcceptor>(std::move(fd), options_.sources);
      };
      out.socket = acceptor(UniqueFd{fd_});
      share_listener(out, fd_, options_, acceptor);
    } else {
      out.socket = ByteChannel{UniqueFd{fd_}};
    }
    return out;
  }

  /// One end of a socketpair(2).
  [[nodiscard]] SocketDescription describe_unnamed() const {
    SocketDescription out;
    out.uri = "fd://" + std::to_string(fd_);
    out.transport = kind_.transport;
    out.socket_type = kind_.type;
    out.family = AddressFamily::unix_domain;
    return out;
  }

  int fd_;
  const Endpoint& endpoint_;
  const ServeOptions& options_;
  bool ip_ = false;
  bool listens_ = false;
  bool connected_ = false;
  SocketKind kind_;
  SocketAddress local_;
};

/// What the descriptor is, as far as that can be seen without taking it.
SocketDescription describe_inherited(const Endpoint& endpoint) {
  SocketDescription out;
  if (endpoint.scheme == "fd") {
    const int fd = *to_fd(endpoint.rest);
    const auto domain = get_option(fd, SO_DOMAIN);
    const auto type = type_of(get_option(fd, SO_TYPE).value_or(-1));
    const int protocol = get_option(fd, SO_PROTOCOL).value_or(0);
    const auto kind = domain && type ? kind_of(*domain, *type, protocol) : std::nullopt;
    if (kind) out = describe_local(fd, *kind).value_or(out);
  }
  out.uri = endpoint.uri();
  return out;
}

std::vector<Served> serve_inherited(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  if (endpoint.scheme == "fd") {
    out.push_back(adopt(*to_fd(endpoint.rest), endpoint, options));
    return out;
  }
  for (const ListenFd& passed : listen_fds()) {
    if (!endpoint.rest.empty() && passed.name != endpoint.rest) continue;
    out.push_back(adopt(passed.fd, endpoint, options));
  }
  if (out.empty()) {
    throw Error{ErrorCategory::connect, "adopt", endpoint.typed,
                endpoint.rest.empty()
                    ? "no socket was passed to this process (LISTEN_FDS, LISTEN_PID)"
                    : "no socket of that name was passed to this process (LISTEN_FDNAMES)"};
  }
  return out;
}

}  // namespace

Served adopt(int fd, const Endpoint& endpoint, const ServeOptions& options) {
  return Adoption{fd, endpoint, options}.run();
}

Backend inherited_backend() noexcept {
  return {
      .kind = {},
      .schemes = kSchemes,
      .summary = "Sockets that a parent opened: fd:N, sd:[NAME] (serve only)",
      .example = "fd:3",
      .capabilities = {.inherited = true,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceControls},
      .parse_rest = parse_inherited,
      .describe = describe_inherited,
      .connect = nullptr,
      .connect_port = nullptr,
      .serve = serve_inherited,
      .loopback = nullptr,
      .complete = nullptr,  // A shell does not know which descriptors the command will get.
  };
}

}  // namespace netecho
