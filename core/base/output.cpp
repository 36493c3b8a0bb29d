#include "core/base/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace netecho {

bool Output::write(std::string_view bytes) noexcept {
  while (!bytes.empty() && usable()) {
    const ssize_t taken = ::write(fd_, bytes.data(), bytes.size());
    if (taken >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN) {  // Somebody else made it non-blocking.
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno == EPIPE) {
      broken_pipe_ = true;
    } else if (errno != EINTR) {
      error_number_ = errno;
    }
  }
  return usable();
}

std::optional<Error> Output::error() const {
  if (error_number_ == 0) return std::nullopt;
  return Error{ErrorCategory::io, "write", name_, errno_text(error_number_), error_number_};
}

}  // namespace netecho
