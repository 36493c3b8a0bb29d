#include "protocols/message/error_queue.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace netecho {

bool read_queued_error(int fd, KernelStamps* stamps, std::span<iovec> into,
                       QuotedError& out) noexcept {
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  out = {};
  msghdr header{};
  header.msg_name = out.destination.data();
  header.msg_namelen = SocketAddress::capacity();
  header.msg_iov = into.data();
  header.msg_iovlen = into.size();
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return false;
  out.destination.resize(header.msg_namelen);
  if (stamps != nullptr && stamps->take(header)) return true;
  out.bytes = static_cast<std::size_t>(got);
  const QueuedError queued = queued_error(header);
  out.error = queued.error;
  // A local error was already the result of the send that met it.
  out.icmp = queued.icmp;
  return true;
}

}  // namespace netecho
