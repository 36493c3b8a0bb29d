/* The least that a UDP echo server can do with what netecho asks of the kernel: TTLs, a count of
 * drops, trains (UDP_GRO) that go back as trains. 32 at a time; a train alone, into warm memory. */
#include <netinet/udp.h>
#include <sys/epoll.h>

#include "bound.h"

enum { kSlots = 32, kBytes = 65536 };
union control {
  struct cmsghdr align;
  char bytes[128];
};
static char data[kSlots][kBytes];
static struct sockaddr_storage from[kSlots];
static union control control[kSlots];
static struct iovec payload[kSlots];
static struct mmsghdr message[kSlots];

/* Turns what was received with a message into what goes with its reply; returns a train's segment.
 */
static int answer(struct mmsghdr* m) {
  int segment = 0, ttl = 64;
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&m->msg_hdr); c; c = CMSG_NXTHDR(&m->msg_hdr, c)) {
    if (c->cmsg_level == IPPROTO_UDP) memcpy(&segment, CMSG_DATA(c), sizeof segment);
    if (c->cmsg_level == IPPROTO_IP) memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
  }
  struct cmsghdr* c = m->msg_hdr.msg_control;
  *c = (struct cmsghdr){CMSG_LEN(sizeof ttl), IPPROTO_IP, IP_TTL};
  memcpy(CMSG_DATA(c), &ttl, sizeof ttl);
  m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof ttl);
  m->msg_hdr.msg_iov->iov_len = m->msg_len;
  if (segment == 0) return 0;
  *(c = (void*)((char*)c + CMSG_SPACE(sizeof ttl))) =
      (struct cmsghdr){CMSG_LEN(sizeof(unsigned short)), IPPROTO_UDP, UDP_SEGMENT};
  *(unsigned short*)CMSG_DATA(c) = (unsigned short)segment;
  m->msg_hdr.msg_controllen += CMSG_SPACE(sizeof(unsigned short));
  return segment;
}

int main(void) {
  const int one = 1, room = 4 << 20, fd = bound(SOCK_DGRAM, NULL), epoll = epoll_create1(0);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one);
  setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
  setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return 1;
  for (int slots = kSlots, got = 0;;) {
    if (got < slots && epoll_wait(epoll, &event, 1, WAIT_MS) < 0) return 1;
    for (int i = 0; i < slots; ++i) {
      payload[i] = (struct iovec){data[i], kBytes};
      message[i].msg_hdr = (struct msghdr){
          &from[i], sizeof from[i], &payload[i], 1, &control[i], sizeof control[i], 0};
    }
    got = recvmmsg(fd, message, (unsigned)slots, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; ++i) slots = answer(&message[i]) != 0 ? 1 : kSlots;
    for (int sent = 0, n; sent<got; sent += n> 0 ? n : 1)
      n = sendmmsg(fd, &message[sent], (unsigned)(got - sent), MSG_NOSIGNAL);
  }
}
