/* The least that an echo server of unix datagrams can do: up to 32 at a time. What a peer has no
 * room for is dropped. */
#include <sys/epoll.h>

#include "bound.h"

enum { kSlots = 32, kBytes = 65536 };
static char data[kSlots][kBytes];
static struct sockaddr_un from[kSlots];
static struct iovec payload[kSlots];
static struct mmsghdr message[kSlots];

int main(int argc, char** argv) {
  const int fd = bound(SOCK_DGRAM, argc > 1 ? argv[1] : "echo"), epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return 1;
  for (int got = 0;;) {
    if (got < kSlots && epoll_wait(epoll, &event, 1, -1) < 0) return 1;
    for (int i = 0; i < kSlots; ++i) {
      payload[i] = (struct iovec){data[i], kBytes};
      message[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &payload[i], 1, NULL, 0, 0};
    }
    got = recvmmsg(fd, message, kSlots, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; ++i) payload[i].iov_len = message[i].msg_len;
    for (int sent = 0, n; sent<got; sent += n> 0 ? n : 1)
      n = sendmmsg(fd, &message[sent], (unsigned)(got - sent), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}
