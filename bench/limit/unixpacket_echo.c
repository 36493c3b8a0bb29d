/* The least that an echo server of unix records can do, with the credentials that netecho asks for:
 * by them an empty record differs from the end. What a socket does not take waits for EPOLLOUT. */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bound.h"

enum { kBytes = 256 * 1024, kEvents = 256 };
struct connection {
  int fd;
  int waits; /* `unsent` holds a record. */
  size_t size;
  char unsent[kBytes];
};

static void watch(int epoll, int how, int fd, unsigned events, void* data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, how, fd, &event) != 0) exit(1);
}
/* False: the connection has ended. */
static int echo(int epoll, struct connection* c) {
  static char buffer[kBytes];
  static _Alignas(struct cmsghdr) char control[64];
  const int waited = c->waits;
  if (!waited) {
    struct iovec into = {buffer, sizeof buffer};
    struct msghdr header = {NULL, 0, &into, 1, control, sizeof control, 0};
    const ssize_t got = recvmsg(c->fd, &header, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN;
    if (got == 0 && header.msg_controllen == 0) return 0;
    c->size = (size_t)got;
  }
  const ssize_t sent =
      send(c->fd, waited ? c->unsent : buffer, c->size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return 0;
  c->waits = sent < 0;
  if (!waited && c->waits) memcpy(c->unsent, buffer, c->size);
  if (waited != c->waits) watch(epoll, EPOLL_CTL_MOD, c->fd, waited ? EPOLLIN : EPOLLOUT, c);
  return 1;
}

int main(int argc, char** argv) {
  const int one = 1, epoll = epoll_create1(0);
  const int listener = bound(SOCK_SEQPACKET, argc > 1 ? argv[1] : "echo");
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (struct epoll_event events[kEvents];;)
    for (int i = 0, n = epoll_wait(epoll, events, kEvents, -1); i < n; ++i) {
      struct connection* c = events[i].data.ptr;
      if (c != NULL && !echo(epoll, c)) close(c->fd), free(c);
      if (c != NULL) continue;
      if ((c = calloc(1, sizeof *c)) == NULL || (c->fd = accept(listener, NULL, NULL)) < 0)
        return 1;
      setsockopt(c->fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
      watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
    }
}
