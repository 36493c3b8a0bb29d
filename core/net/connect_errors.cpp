#include "core/net/connect_errors.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <utility>

namespace netecho {

/// What an IPv6 socket sends to a mapped address is IPv4, and so are the errors that it brings.
void keep_icmp_errors(int fd, const SocketAddress& peer, IcmpErrors kept) noexcept {
  const int on = kept == IcmpErrors::kept ? 1 : 0;
  const int family = unmapped(peer).family();
  if (family == AF_INET) {
    static_cast<void>(::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on));
  } else if (family == AF_INET6) {
    static_cast<void>(::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on));
  }
}

std::optional<IcmpError> take_icmp_error(int fd) noexcept {
  constexpr int kMostEntries = 8;
  for (int i = 0; i < kMostEntries; ++i) {
    alignas(cmsghdr) std::array<std::byte, kQueuedErrorBytes> control;
    msghdr header{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    if (::recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    if (const QueuedError queued = queued_error(header); queued.icmp) return queued.icmp;
  }
  return std::nullopt;
}

UnreachableError::UnreachableError(std::string operation, std::string subject, int error,
                                   const IcmpError& icmp)
    : Error{ErrorCategory::connect, std::move(operation), std::move(subject),
            plain_reason(error, icmp), error},
      icmp_{icmp} {}

}  // namespace netecho
