#include "core/seam/byte_channel.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace netecho {
namespace {

IoResult failure(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoStatus::would_block, 0, 0};
  return {IoStatus::failed, 0, error};
}

}  // namespace

IoResult ByteChannel::read_some(std::span<std::byte> into) const noexcept {
  while (true) {
    const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got), 0};
    // Reading into nothing is not the end of the file.
    if (got == 0) return {into.empty() ? IoStatus::ok : IoStatus::closed, 0, 0};
    if (errno != EINTR) return failure(errno);
  }
}

IoResult ByteChannel::write_some(std::span<const std::byte> from) const noexcept {
  while (true) {
    const ssize_t sent = ::send(fd_.get(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {IoStatus::ok, static_cast<std::size_t>(sent), 0};
    if (errno != EINTR) return failure(errno);
  }
}

void ByteChannel::shutdown_write() const noexcept {
  ::shutdown(fd_.get(), SHUT_WR);
}

}  // namespace netecho
