/* The echo server of the manual page: one datagram in, one out, nothing asked for besides. With
 * FLAGS=MSG_DONTWAIT it spins. Clients are compared by it: the less it does, the more of it is
 * theirs. */
#include "bound.h"

#ifndef FLAGS
#define FLAGS 0
#endif

int main(void) {
  static char data[65536];
  struct sockaddr_storage from;
  for (const int fd = bound(SOCK_DGRAM, NULL);;) {
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fd, data, sizeof data, FLAGS, (void*)&from, &size);
    if (got >= 0) sendto(fd, data, (size_t)got, 0, (void*)&from, size);
  }
}
