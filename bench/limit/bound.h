/* What all servers here begin with: a socket on a port of 127.0.0.1 that the kernel picks, or on
 * the path that is given for a unix socket. Prints the port, or the path, once clients can come. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef WAIT_MS /* For epoll_wait(2). 0: spin. */
#define WAIT_MS -1
#endif

static int bound(int type, const char* path) {
  struct sockaddr_un file = {.sun_family = AF_UNIX};
  struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = path != NULL ? sizeof file : sizeof port;
  if (path != NULL) strncpy(file.sun_path, path, sizeof file.sun_path - 1);
  const int fd = socket(path != NULL ? AF_UNIX : AF_INET, type, 0);
  if (bind(fd, path != NULL ? (void*)&file : (void*)&port, size) != 0) exit(1);
  if (type != SOCK_DGRAM && listen(fd, 4096) != 0) exit(1);
  if (path == NULL && getsockname(fd, (void*)&port, &size) != 0) exit(1);
  path != NULL ? printf("%s\n", path) : printf("%d\n", ntohs(port.sin_port));
  fflush(stdout);
  return fd;
}
