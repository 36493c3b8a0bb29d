/* The least that a station of the Configuration Testing Protocol can do with what netecho asks of
 * the kernel: each frame goes where its first message says. Usage: INTERFACE */
#include "link.h"

enum { kCtp = 0x9000, kForwardBytes = 8, kForwardAddressAt = 4, kMacBytes = 6 };

static void forward(char* bytes, struct sockaddr_ll* peer) {
  bytes[0] = kForwardBytes; /* skipCount, little-endian: the next message is the reply. */
  memcpy(peer->sll_addr, bytes + kForwardAddressAt, kMacBytes);
}

int main(int argc, char** argv) {
  return argc == 2 ? serve(bound_to(argv[1], kCtp), forward) : 2;
}
