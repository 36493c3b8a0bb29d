/* The least that probes many targets, each by a socket of its own: 64 bytes to one after the other
 * at equal gaps, asleep in epoll until the next is due or a reply is there. The first probe of each
 * counts in no figure. Prints the processor time a probe and the median round trip, in ns. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

enum { kBytes = 64, kMostTargets = 10000, kMostProbes = 1000000, kEvents = 64 };
static int fd[kMostTargets];
static long sent_at[kMostTargets], rtt[kMostProbes + kMostTargets];

static int by_size(const void* a, const void* b) {
  return (*(const long*)a > *(const long*)b) - (*(const long*)a < *(const long*)b);
}
static long now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char** argv) { /* PORT TARGETS GAP_NS PROBES; a gap < 1 s */
  if (argc != 5 || prctl(PR_SET_TIMERSLACK, 1UL) != 0) return 2;
  const long targets = atol(argv[2]), gap = atol(argv[3]), probes = atol(argv[4]);
  if (targets < 1 || targets > kMostTargets || probes < 1 || probes > kMostProbes) return 2;
  const int epoll = epoll_create1(0);
  for (unsigned i = 0; i < targets; ++i) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(argv[1])),
                             .sin_addr.s_addr = htonl(0x7f010001 + i / 200 * 256 + i % 200)};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(fd[i], (void*)&to, sizeof to) != 0) return 1;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &event) != 0) return 1;
  }
  char out[kBytes] = "echo", in[kBytes];
  long due = now(CLOCK_MONOTONIC), cpu = 0, got = 0;
  for (long i = -targets; i < probes;) {
    const long left = due - now(CLOCK_MONOTONIC), target = (i + targets) % targets;
    struct epoll_event events[kEvents];
    const struct timespec sleep = {0, left > 0 ? left : 0};
    const int ready = epoll_pwait2(epoll, events, kEvents, &sleep, NULL);
    for (int e = 0; e < ready; ++e) {
      if (recv(fd[events[e].data.u32], in, sizeof in, MSG_DONTWAIT) != sizeof in) return 1;
      if (i > 0) rtt[got++] = now(CLOCK_MONOTONIC) - sent_at[events[e].data.u32];
    }
    if (ready > 0) continue;
    sent_at[target] = now(CLOCK_MONOTONIC);
    if (send(fd[target], out, sizeof out, MSG_DONTWAIT) != sizeof out) return 1;
    if (++i == 0) cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    due += gap;
  }
  cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (got == 0) return 1;
  qsort(rtt, (size_t)got, sizeof *rtt, by_size);
  printf("%ld %ld\n", cpu / probes, rtt[got / 2]);
}
