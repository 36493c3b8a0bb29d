#include "protocols/ip/bind_ip.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "core/base/error.hpp"
#include "core/net/bound_interface.hpp"
#include "core/net/ip_number.hpp"
#include "core/net/socket_type.hpp"
#include "protocols/ip/one_peer.hpp"

namespace netecho {
namespace {

constexpr int kSamePortTries = 16;

/// Binds one endpoint's addresses.
class Binder {
 public:
  Binder(const Endpoint& endpoint, const SocketKind& kind, const ServeOptions& options,
         SocketOptionSet honoured)
      : endpoint_{endpoint}, kind_{kind}, options_{options}, honoured_{honoured} {}

  /// None if a port that the kernel picked for the first address is taken on another one.
  std::optional<std::vector<BoundSocket>> bind_all(const std::vector<SocketAddress>& addresses) {
    std::vector<BoundSocket> bound;
    std::optional<SysError> missing;
    std::vector<std::string> skipped;
    for (SocketAddress address : addresses) {
      const bool follows = address.port() == 0 && !bound.empty();
      if (follows) address.set_port(bound.front().address.port());
      try {
        bound.push_back(bind_one(address));
      } catch (const SysError& error) {
        if (follows && error.error_number() == EADDRINUSE) return std::nullopt;
        if (!is_missing_family(error)) throw;
        skipped.push_back(address.ip() + ": " + error.reason());
        missing = error;
      }
    }
    if (bound.empty() && missing) throw *missing;
    for (const std::string& reason : skipped) warn("skipped " + reason);
    return bound;
  }

  BoundSocket bind_one(const SocketAddress& address) const {
    reject_group(address);
    BoundSocket out{open(address), {}, {}};
    if (options_.reuse_port) share_port(out.fd.get());
    bind(out.fd.get(), address);
    // Only now, so that a port which another process has is an error; and before the socket can be
    // found, so that it belongs to the group of those that follow.
    if (options_.threads > 1) share_port(out.fd.get());
    listen(out.fd.get());
    out.address = local_address(out.fd.get());
    while (out.siblings.size() + 1 < options_.threads) {
      UniqueFd sibling = open(out.address);
      share_port(sibling.get());
      bind(sibling.get(), out.address);
      listen(sibling.get());
      out.siblings.push_back(std::move(sibling));
    }
    return out;
  }

  void warn(const std::string& message) const {
    if (options_.warn != nullptr) options_.warn(endpoint_.typed + ": " + message);
  }

 private:
  static bool is_missing_family(const SysError& error) noexcept {
    return error.error_number() == EAFNOSUPPORT || error.error_number() == EADDRNOTAVAIL;
  }

  UniqueFd open(const SocketAddress& address) const {
    const std::string& subject = endpoint_.typed;
    UniqueFd fd{checked("socket", subject, [&] {
      return ::socket(address.family(), native_type(kind_.type) | SOCK_CLOEXEC | SOCK_NONBLOCK,
                      kind_.protocol);
    })};
    if (address.family() == AF_INET6) {
      set_needed(fd.get(), NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_V6ONLY), 1, subject);
    }
    // On a listener this only shortens the wait for old connections. On a datagram socket it
    // would let a second server take over a live port.
    if (kind_.type == SocketType::stream) {
      set_if_possible(fd.get(), NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_REUSEADDR), 1, subject,
                      options_.socket.notes);
    }
    apply(fd.get(), address.family(), options_.socket, honoured_, subject);
    return fd;
  }

  void share_port(int fd) const {
    set_needed(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_REUSEPORT), 1, endpoint_.typed);
  }

  void bind(int fd, const SocketAddress& address) const {
    checked("bind", endpoint_.typed, [&] { return ::bind(fd, address.data(), address.size()); });
  }

  void listen(int fd) const {
    if (kind_.type != SocketType::stream) return;
    checked("listen", endpoint_.typed, [&] { return ::listen(fd, options_.backlog); });
  }

  /// Nothing that is sent to a group is ever answered.
  void reject_group(const SocketAddress& address) const {
    const IpNumber number = ip_number(*address.data());
    if (kind_.type != SocketType::datagram || address.is_wildcard() || number.is_unicast()) return;
    throw usage_error("bind", endpoint_.typed,
                      address.ip() + " is a multicast or broadcast address, which is not answered");
  }

  const Endpoint& endpoint_;
  SocketKind kind_;
  const ServeOptions& options_;
  SocketOptionSet honoured_;
};

}  // namespace

std::vector<BoundSocket> bind_ip(const Endpoint& endpoint, const SocketKind& kind,
                                 const ServeOptions& options, SocketOptionSet honoured) {
  auto addresses =
      addresses_of(endpoint, Role::serve, kind.type, options.lookup, options.interrupt_fd);
  require_zones(endpoint, addresses, options.socket);
  Binder binder{endpoint, kind, options, honoured};
  for (int attempt = 0; attempt < kSamePortTries; ++attempt) {
    auto bound = binder.bind_all(addresses);
    if (!bound) continue;
    if (addresses.front().is_wildcard()) {
      binder.warn("listens on every address of this host");
    }
    return std::move(*bound);
  }
  throw Error{ErrorCategory::connect, "bind", endpoint.typed,
              "no port is free on all of its addresses", EADDRINUSE};
}

void remember_interface(Served& served, int fd, const SocketKind& kind, const Endpoint& endpoint,
                        const ServeOptions& options, SocketOptionSet honoured,
                        std::function<Served(BoundSocket)> serve) {
  served.interface = bound_interface(fd);
  if (served.interface.empty()) return;
  served.bind_again = [=, local = local_address(fd), name = served.interface,
                       serve = std::move(serve)] {
    SocketAddress address = local;
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0) throw SysError{"bind", endpoint.typed, ENODEV};
    address.set_zone(index);
    return serve(Binder{endpoint, kind, options, honoured}.bind_one(address));
  };
}

}  // namespace netecho
