/// \file
/// One connection, as many bytes as it takes: sent and received at the same time, every byte
/// compared.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common.hpp"

namespace bench {

void bulk(const Target& target, Options& options) {
  const std::uint64_t warmup = options.number("warmup_bytes", 64U << 20U);
  const std::uint64_t total = warmup + options.number("bytes", 1U << 30U);
  const std::size_t chunk = options.number("chunk", 256U << 10U);
  options.check_all_used();

  const Pattern pattern{chunk};
  std::vector<char> buffer(chunk);
  const int fd = target.connect();
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t started = 0;
  std::uint64_t counted_from = 0;

  while (received < total) {
    bool stuck = true;
    if (sent < total) {
      const ssize_t got = ::send(fd, pattern.at(sent), std::min<std::uint64_t>(chunk, total - sent),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
      if (got < 0 && errno != EAGAIN) fail_errno("send");
      if (got > 0) sent += static_cast<std::uint64_t>(got), stuck = false;
    }
    const ssize_t got = ::recv(fd, buffer.data(), chunk, MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN) fail_errno("recv");
    if (got == 0) fail("the server closed the connection");
    if (got > 0) {
      if (std::memcmp(buffer.data(), pattern.at(received), static_cast<std::size_t>(got)) != 0) {
        fail("other bytes came back");
      }
      received += static_cast<std::uint64_t>(got);
      stuck = false;
    }
    if (received > sent) fail("more came back than was sent");
    if (started == 0 && received >= warmup) started = now_ns(), counted_from = received;
    if (!stuck) continue;
    pollfd watched{fd, static_cast<short>(sent < total ? POLLIN | POLLOUT : POLLIN), 0};
    if (::poll(&watched, 1, 5000) == 0) fail("no byte for 5 s");
  }
  const std::uint64_t counted = total - counted_from;
  // A message is what fits into one call.
  print({.messages = counted / chunk,
         .bytes = counted,
         .elapsed_ns = now_ns() - started,
         .all = total / chunk});
}

}  // namespace bench
