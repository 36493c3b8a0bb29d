/* The least that measures round trips: 64 bytes out, the same back, again and again. "block" sleeps
 * for each reply as netecho probe does, "spin" asks until it is there. Prints the median in ns. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <time.h>

enum { kBytes = 64, kMost = 1000000, kWarmUp = 200 };
static long rtt[kMost];

static int by_size(const void* a, const void* b) {
  return (*(const long*)a > *(const long*)b) - (*(const long*)a < *(const long*)b);
}
static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char** argv) { /* udp|tcp|mptcp PORT, or unix PATH; block|spin; COUNT */
  if (argc != 5) return 2;
  const int one = 1, stream = strcmp(argv[1], "udp") != 0, spins = strcmp(argv[3], "spin") == 0;
  const int protocol = strcmp(argv[1], "mptcp") == 0 ? IPPROTO_MPTCP : 0;
  const int is_unix = strcmp(argv[1], "unix") == 0, count = atoi(argv[4]), epoll = epoll_create1(0);
  if (count < 1 || count > kMost) return 2;
  const int fd = socket(is_unix ? AF_UNIX : AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, protocol);
  struct sockaddr_in port = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(argv[2])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  strncpy(path.sun_path, argv[2], sizeof path.sun_path - 1);
  const socklen_t size = is_unix ? sizeof path : sizeof port;
  if (connect(fd, is_unix ? (void*)&path : (void*)&port, size) != 0) return 1;
  if (stream && !is_unix) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return 1;
  char out[kBytes] = "echo", in[kBytes];
  struct iovec into = {in, sizeof in};
  for (int i = -kWarmUp; i < count; ++i) {
    memcpy(out + 8, &i, sizeof i);
    struct msghdr header = {.msg_iov = &into, .msg_iovlen = 1};
    const struct timespec second = {1, 0};
    const long sent = now();
    if (send(fd, out, sizeof out, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof out) return 1;
    if (!spins && epoll_pwait2(epoll, &event, 1, &second, NULL) != 1) return 1;
    ssize_t got;
    do got = stream ? recv(fd, in, sizeof in, MSG_DONTWAIT) : recvmsg(fd, &header, MSG_DONTWAIT);
    while (spins && got < 0 && now() - sent < 1000000000);
    const long back = now();
    if (got != sizeof in || memcmp(in, out, sizeof in) != 0) return 1;
    if (i >= 0) rtt[i] = back - sent;
  }
  qsort(rtt, (size_t)count, sizeof *rtt, by_size);
  printf("%ld\n", rtt[count / 2]);
}
