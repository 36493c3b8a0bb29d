#include "protocols/stream/acceptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace netecho {
namespace {

/// For kernels and sandboxes without accept4(). Another thread could fork in between; netecho
/// never does.
int accept_in_steps(int listener) noexcept {
  const int fd = ::accept(listener, nullptr, nullptr);
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

AcceptResult StreamAcceptor::accept(UniqueFd& out) noexcept {
  while (true) {
    const int fd = has_accept4_
                       ? ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)
                       : accept_in_steps(listener_.get());
    if (fd >= 0) {
      out.reset(fd);
      return {AcceptStatus::accepted, 0};
    }
    if (errno == ENOSYS && has_accept4_) {
      has_accept4_ = false;
    } else if (errno != EINTR) {
      return {classify_accept_error(errno), errno};
    }
  }
}

}  // namespace netecho
