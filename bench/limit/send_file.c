/* The least that sends a file through an echo server and takes back as many bytes, whatever they
 * are. Usage: PORT FILE */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kBytes = 256 * 1024 };

int main(int argc, char** argv) {
  static char out[kBytes], in[kBytes];
  if (argc != 3) return 2;
  const int file = open(argv[2], O_RDONLY), fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in peer = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(argv[1])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (file < 0 || connect(fd, (void*)&peer, sizeof peer) != 0) return 1;
  long read_bytes = 0, back = 0;
  ssize_t begin = 0, end = 0;
  for (int whole = 0; !whole || begin < end || back < read_bytes;) {
    if (begin == end && !whole) {
      begin = 0, end = read(file, out, sizeof out);
      if (end < 0) return 1;
      whole = end == 0;
      read_bytes += end;
    }
    const ssize_t sent =
        begin < end ? send(fd, out + begin, (size_t)(end - begin), MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    if (sent < 0 && errno != EAGAIN) return 1;
    if (sent > 0) begin += sent;
    const ssize_t got = recv(fd, in, sizeof in, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return 1;
    if (got > 0) back += got;
    struct pollfd watched = {fd, begin < end ? POLLIN | POLLOUT : POLLIN, 0};
    if (sent <= 0 && got <= 0 && back < read_bytes && poll(&watched, 1, 5000) != 1) return 1;
  }
  return shutdown(fd, SHUT_WR) != 0 || recv(fd, in, sizeof in, 0) != 0;
}
