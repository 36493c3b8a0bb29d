/// \file
/// Connections that are open and silent: says when they all are, and holds them until stdin ends.

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "common.hpp"

namespace bench {

void idle(const Target& target, Options& options) {
  const std::uint64_t connections = options.number("connections", 1000);
  options.check_all_used();
  for (std::uint64_t i = 0; i < connections; ++i) {
    const int fd = target.connect();
    // A round trip: the server has accepted it, and has served it once.
    char byte = 'x';
    if (::send(fd, &byte, 1, MSG_NOSIGNAL) != 1) fail_errno("send");
    if (::recv(fd, &byte, 1, 0) != 1) fail_errno("recv");
  }
  print({.messages = connections, .all = connections});
  std::fflush(stdout);
  char end = 0;
  while (::read(STDIN_FILENO, &end, 1) > 0) {
  }
}

}  // namespace bench
