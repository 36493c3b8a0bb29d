/// \file
/// For LD_PRELOAD: reads and writes of streams (sockets, pipes, files) move fewer bytes than asked
/// for, as the kernel may at any time and hardly ever does.
///
/// PARTIAL_IO=1: one byte each; PARTIAL_IO=SEED: a random number of bytes each.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

std::uint64_t seed() noexcept {
  const char* text = std::getenv("PARTIAL_IO");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

bool is_stream(int fd) noexcept {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  if (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode)) return true;
  int type = 0;
  socklen_t size = sizeof type;
  return S_ISSOCK(status.st_mode) && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_STREAM;
}

/// How many of these bytes a call may move.
std::size_t part_of(int fd, std::size_t bytes) noexcept {
  static const bool single = seed() == 1;
  static thread_local std::uint64_t state = seed();
  if (bytes < 2 || !is_stream(fd)) return bytes;
  if (single) return 1;
  state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
  // Small and large alike: a random number of bits first.
  const std::uint64_t bits = (state >> 58) % 20;
  const std::uint64_t limit = 1 + ((state >> 33) & ((std::uint64_t{1} << bits) - 1));
  return static_cast<std::size_t>(std::min<std::uint64_t>(limit, bytes));
}

/// The header of a stream socket with one piece of memory, cut short.
struct Shortened {
  Shortened(int fd, const msghdr* whole) noexcept : header{*whole} {
    if (header.msg_iovlen == 0) return;
    piece = header.msg_iov[0];
    const std::size_t part = part_of(fd, piece.iov_len);
    if (part == piece.iov_len) return;
    piece.iov_len = part;
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
  }
  msghdr header;
  iovec piece{};
};

}  // namespace

extern "C" {

ssize_t read(int fd, void* into, size_t bytes) {
  return ::syscall(SYS_read, fd, into, part_of(fd, bytes));
}

ssize_t write(int fd, const void* from, size_t bytes) {
  return ::syscall(SYS_write, fd, from, part_of(fd, bytes));
}

ssize_t recv(int fd, void* into, size_t bytes, int flags) {
  return ::syscall(SYS_recvfrom, fd, into, part_of(fd, bytes), flags, nullptr, nullptr);
}

ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  return ::syscall(SYS_sendto, fd, from, part_of(fd, bytes), flags, nullptr, 0);
}

ssize_t recvmsg(int fd, msghdr* header, int flags) {
  Shortened part{fd, header};
  const ssize_t got = ::syscall(SYS_recvmsg, fd, &part.header, flags);
  header->msg_namelen = part.header.msg_namelen;
  header->msg_controllen = part.header.msg_controllen;
  header->msg_flags = part.header.msg_flags;
  return got;
}

// What FORTIFY_SOURCE makes of the calls above.
ssize_t __read_chk(int fd, void* into, size_t bytes, size_t /*room*/) {
  return read(fd, into, bytes);
}
ssize_t __recv_chk(int fd, void* into, size_t bytes, size_t /*room*/, int flags) {
  return recv(fd, into, bytes, flags);
}

}  // extern "C"
