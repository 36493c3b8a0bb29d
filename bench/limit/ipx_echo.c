/* The least that an echo of IPX (XNS, Cisco's `ping ipx`) can do with what netecho asks of the
 * kernel: source and destination change places, the request becomes a reply. Usage: INTERFACE */
#include "link.h"

enum { kIpx = 0x8137, kAddressBytes = 12, kDestinationAt = 6, kSourceAt = 18, kOperationAt = 30 };

static void reply(char* bytes, struct sockaddr_ll* peer) {
  char destination[kAddressBytes];
  memcpy(destination, bytes + kDestinationAt, kAddressBytes);
  memcpy(bytes + kDestinationAt, bytes + kSourceAt, kAddressBytes);
  memcpy(bytes + kSourceAt, destination, kAddressBytes);
  bytes[kOperationAt + 1] = 2;
  (void)peer; /* It goes back to the station that it came from. */
}

int main(int argc, char** argv) {
  return argc == 2 ? serve(bound_to(argv[1], kIpx), reply) : 2;
}
