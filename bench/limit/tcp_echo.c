/* The least that an echo server of streams can do: one epoll loop that reads at most READ_BYTES at
 * a time. What a socket does not take at once waits for EPOLLOUT. Prints its port, or the path that
 * was given for a unix socket; runs until it is killed. */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bound.h"

#ifndef READ_BYTES
#define READ_BYTES (64 * 1024)
#endif
enum { kBytes = READ_BYTES, kEvents = 256 };
struct connection {
  int fd;
  size_t begin, end; /* Of `unsent`. */
  char unsent[kBytes];
};

static void watch(int epoll, int how, int fd, unsigned events, void* data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, how, fd, &event) != 0) exit(1);
}
/* False: the connection has ended. */
static int echo(int epoll, struct connection* c) {
  static char buffer[kBytes];
  const int waited = c->end != 0;
  if (!waited) {
    const ssize_t got = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    c->begin = 0, c->end = (size_t)got;
  }
  const char* from = waited ? c->unsent : buffer;
  const ssize_t sent = send(c->fd, from + c->begin, c->end - c->begin, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return 0;
  if (sent > 0) c->begin += (size_t)sent;
  if (c->begin == c->end) c->end = 0;
  if (!waited && c->end != 0) memcpy(c->unsent, buffer, c->end);
  if (waited != (c->end != 0)) watch(epoll, EPOLL_CTL_MOD, c->fd, waited ? EPOLLIN : EPOLLOUT, c);
  return 1;
}

int main(int argc, char** argv) {
  const int listener = bound(SOCK_STREAM, argc > 1 ? argv[1] : NULL);
  const int one = 1, epoll = epoll_create1(0);
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (struct epoll_event events[kEvents];;)
    for (int i = 0, n = epoll_wait(epoll, events, kEvents, WAIT_MS); i < n; ++i) {
      struct connection* c = events[i].data.ptr;
      if (c != NULL && !echo(epoll, c)) close(c->fd), free(c);
      if (c != NULL) continue;
      if ((c = calloc(1, sizeof *c)) == NULL || (c->fd = accept(listener, NULL, NULL)) < 0)
        return 1;
      if (argc == 1) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
    }
}
