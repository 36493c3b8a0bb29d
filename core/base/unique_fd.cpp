#include "core/base/unique_fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace netecho {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    const int saved = errno;  // Closing in a clean-up path must not hide why we clean up.
    ::close(fd_);             // Never repeated after EINTR: Linux has freed the number by then.
    errno = saved;
  }
  fd_ = fd;
}

}  // namespace netecho
