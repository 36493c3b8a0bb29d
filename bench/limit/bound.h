/* What all servers here begin with: a socket on a port of 127.0.0.1 that the kernel picks, or on
 * the path that is given for a unix socket. Prints the port, or the path, once clients can come.
 * With TWO_PROCESSES a second one has a socket of its own on the same port, and ends with this. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef WAIT_MS /* For epoll_wait(2). 0: spin. */
#define WAIT_MS -1
#endif

#ifndef PROTOCOL /* Of IP; 0: what goes with the type. */
#define PROTOCOL 0
#endif

#ifndef TWO_PROCESSES
#define TWO_PROCESSES 0
#endif

static int bound(int type, const char* path) {
  struct sockaddr_un file = {.sun_family = AF_UNIX};
  struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = path != NULL ? sizeof file : sizeof port;
  if (path != NULL) strncpy(file.sun_path, path, sizeof file.sun_path - 1);
  const int one = 1, fd = socket(path != NULL ? AF_UNIX : AF_INET, type, PROTOCOL);
  if (TWO_PROCESSES && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) exit(1);
  if (bind(fd, path != NULL ? (void*)&file : (void*)&port, size) != 0) exit(1);
  if (type != SOCK_DGRAM && listen(fd, 4096) != 0) exit(1);
  if (path == NULL && getsockname(fd, (void*)&port, &size) != 0) exit(1);
  if (TWO_PROCESSES) {
    const int second = socket(AF_INET, type, 0);
    if (setsockopt(second, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) exit(1);
    if (bind(second, (void*)&port, size) != 0 || listen(second, 4096) != 0) exit(1);
    const int child = fork() == 0;
    if (child && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) exit(1);
    close(child ? fd : second);
    if (child) return second;
  }
  path != NULL ? printf("%s\n", path) : printf("%d\n", ntohs(port.sin_port));
  fflush(stdout);
  return fd;
}
