#include "protocols/stream/acceptor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>

#include "core/net/socket_address.hpp"
#include "protocols/rules/credentials.hpp"

namespace netecho {
namespace {

/// Serves kernels and sandboxes without accept4(). Another thread could fork in between, but
/// netecho never forks.
int accept_in_steps(int listener, sockaddr* peer, socklen_t* size) noexcept {
  const int fd = ::accept(listener, peer, size);
  if (fd < 0) return fd;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

bool is_mptcp(int listener) noexcept {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return ::getsockopt(listener, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == IPPROTO_MPTCP;
}

/// A client without MPTCP gets a plain TCP socket of an MPTCP listener, which has no SO_OOBINLINE
/// to hand down (EOPNOTSUPP). Sockets that do speak MPTCP have no urgent data.
void keep_urgent_data(int connection) noexcept {
  const int on = 1;
  static_cast<void>(::setsockopt(connection, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
}

}  // namespace

AcceptStatus classify_accept_error(int error) noexcept {
  switch (error) {
    case EAGAIN:
      return AcceptStatus::would_block;
    // The connection was gone before it was taken; accept(2) lists what Linux passes on.
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
    case EPERM:
      return AcceptStatus::retry;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return AcceptStatus::exhausted;
    default:
      return AcceptStatus::failed;
  }
}

StreamAcceptor::StreamAcceptor(UniqueFd listener, SourceRules rules)
    : listener_{std::move(listener)}, rules_{std::move(rules)}, kind_{Kind::tcp} {
  const SocketAddress local = local_address(listener_.get());
  if (is_mptcp(listener_.get())) kind_ = Kind::mptcp;
  if (local.family() != AF_UNIX) return;
  kind_ = Kind::unix_domain;
  users_ = unix_socket::user_rule(rules_, local);
}

int StreamAcceptor::take(sockaddr_storage& peer) noexcept {
  // A unix peer is known by its user, not by its name.
  const bool asked = kind_ != Kind::unix_domain;
  socklen_t size = sizeof peer;
  auto* address = asked ? reinterpret_cast<sockaddr*>(&peer) : nullptr;
  return has_accept4_ ? ::accept4(listener_.get(), address, asked ? &size : nullptr,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC)
                      : accept_in_steps(listener_.get(), address, asked ? &size : nullptr);
}

AcceptResult StreamAcceptor::admit(const sockaddr_storage& peer, UniqueFd& connection) noexcept {
  if (kind_ == Kind::unix_domain) {
    const bool may = unix_socket::admits_connection(users_, connection.get());
    return {may ? AcceptStatus::accepted : AcceptStatus::refused};
  }
  if (kind_ == Kind::mptcp) keep_urgent_data(connection.get());
  const IpNumber source = ip_number(reinterpret_cast<const sockaddr&>(peer));
  if (!rules_.allow(source)) return {AcceptStatus::refused};
  return {AcceptStatus::accepted, 0, source.is_loopback() ? std::nullopt : std::optional{source}};
}

AcceptResult StreamAcceptor::accept(UniqueFd& out) noexcept {
  while (true) {
    sockaddr_storage peer;
    const int fd = take(peer);
    if (fd >= 0) {
      out.reset(fd);
      return admit(peer, out);
    }
    if (errno == ENOSYS && has_accept4_) {
      has_accept4_ = false;
    } else if (errno != EINTR) {
      return {classify_accept_error(errno), errno};
    }
  }
}

}  // namespace netecho
