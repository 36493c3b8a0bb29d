/* The least that sends at the ticks of a schedule and waits as netecho probe does: it sleeps until
 * shortly before a tick, spins the rest, reads replies meanwhile, and skips a tick that is more
 * than an interval late. Prints skipped slots, all slots, and the p99 lateness of a send in ns. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

enum { kBytes = 64, kMost = 1000000, kLeastGuard = 20000, kMostGuard = 500000 };
static long late[kMost], guard = 80000; /* ns: a sleep ends this much before a tick. */

static int by_size(const void* a, const void* b) {
  return (*(const long*)a > *(const long*)b) - (*(const long*)a < *(const long*)b);
}
static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}
static void woke_late(long by) { /* A third more covers the next one; what is too much shrinks. */
  const long more = by * 4 / 3, least = more < kLeastGuard ? kLeastGuard : more;
  const long needed = least < kMostGuard ? least : kMostGuard;
  guard += needed <= guard ? (needed - guard) / 512 : needed < 2 * guard ? needed - guard : guard;
}

int main(int argc, char** argv) { /* PORT INTERVAL_NS DURATION_NS */
  const long interval = argc == 4 ? atol(argv[2]) : 0, length = argc == 4 ? atol(argv[3]) : 0;
  if (interval < 1 || interval > 1000000000 || length / interval >= kMost) return 2;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0), epoll = epoll_create1(0);
  struct sockaddr_in port = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(argv[1])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct epoll_event event = {.events = EPOLLIN};
  if (connect(fd, (void*)&port, sizeof port) != 0 || prctl(PR_SET_TIMERSLACK, 1UL) != 0) return 1;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return 1;
  char out[kBytes] = "echo", in[kBytes];
  long slots = 0, sent = 0, received = 0, due = now();
  for (const long end = due + length; due < end;) {
    const long at = now(), sleep = due - at - guard;
    for (; due < end && due + interval < at; due += interval) ++slots;
    if (due <= at && due < end) {
      memcpy(out + 8, &slots, sizeof slots);
      late[sent++] = now() - due;
      if (send(fd, out, sizeof out, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof out) return 1;
      ++slots, due += interval;
    } else if (sleep > 0) {
      const int ready = epoll_pwait2(epoll, &event, 1, &(struct timespec){0, sleep}, NULL);
      if (ready == 0) woke_late(now() - at - sleep);
    }
    struct msghdr header = {.msg_iov = &(struct iovec){in, sizeof in}, .msg_iovlen = 1};
    received += recvmsg(fd, &header, MSG_DONTWAIT) == kBytes;
  }
  if (received == 0) return 1;
  qsort(late, (size_t)sent, sizeof *late, by_size);
  printf("%ld %ld %ld\n", slots - sent, slots, late[(sent * 99 + 99) / 100 - 1]);
}
