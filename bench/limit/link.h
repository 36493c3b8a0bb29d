/* What all servers of frames here begin with: a socket for the frames of one ethertype that come to
 * the interface that is given, with the filter and the options that netecho has: no frame that goes
 * out, to another station or over a VLAN. Prints the interface once frames can come. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { kSlots = 32, kBytes = 65536, kControl = 256 };

static char data[kSlots][kBytes];
static struct sockaddr_ll from[kSlots];
static char control[kSlots][kControl] __attribute__((aligned(8)));
static struct iovec payload[kSlots];
static struct mmsghdr message[kSlots];

static int bound_to(const char* interface, unsigned short ethertype) {
  struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, 0),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, 0),
                               BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG),
                               BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xFFF),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
                               BPF_STMT(BPF_RET | BPF_K, 0),
                               BPF_STMT(BPF_RET | BPF_K, 0x40000)};
  const struct sock_fprog filter = {sizeof code / sizeof *code, code};
  const struct sockaddr_ll local = {.sll_family = AF_PACKET,
                                    .sll_protocol = htons(ethertype),
                                    .sll_ifindex = (int)if_nametoindex(interface)};
  const int one = 1, room = 4 << 20, fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) exit(1);
  if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) != 0) exit(1);
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (local.sll_ifindex == 0 || bind(fd, (const void*)&local, sizeof local) != 0) exit(1);
  printf("%s\n", interface);
  fflush(stdout);
  return fd;
}

/* Serves for good: `answer` turns what came into what goes back, and to whom. */
static int serve(int fd, void (*answer)(char* bytes, struct sockaddr_ll* peer)) {
  const int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return 1;
  for (int got = 0;;) {
    if (got < kSlots && epoll_pwait2(epoll, &event, 1, NULL, NULL) < 0) return 1;
    for (int i = 0; i < kSlots; ++i) {
      payload[i] = (struct iovec){data[i], kBytes};
      message[i].msg_hdr = (struct msghdr){
          &from[i], sizeof from[i], &payload[i], 1, control[i], sizeof control[i], 0};
    }
    got = recvmmsg(fd, message, kSlots, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; ++i) {
      answer(data[i], &from[i]);
      payload[i].iov_len = message[i].msg_len;
      message[i].msg_hdr.msg_control = NULL;
      message[i].msg_hdr.msg_controllen = 0;
    }
    if (got == 1) sendmsg(fd, &message[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL);
    for (int sent = 0, n; got > 1 && sent<got; sent += n> 0 ? n : 1)
      n = sendmmsg(fd, &message[sent], (unsigned)(got - sent), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}
