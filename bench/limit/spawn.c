/* How long a program takes from its start to its end, COUNT times: prints the median in ns. Its
 * output goes nowhere, its input is INPUT. Usage: COUNT INPUT PROGRAM [ARGS...] */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;
enum { kMost = 10000 };
static long spent[kMost];

static int by_size(const void* a, const void* b) {
  return (*(const long*)a > *(const long*)b) - (*(const long*)a < *(const long*)b);
}
static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int count = atoi(argv[1]);
  if (count < 1 || count > kMost) return 2;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, argv[2], O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  for (int i = 0; i < count; ++i) {
    pid_t child;
    int status;
    const long started = now();
    if (posix_spawn(&child, argv[3], &files, NULL, argv + 3, environ) != 0) return 1;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
    spent[i] = now() - started;
    if (WEXITSTATUS(status) != 0) return 1;
  }
  qsort(spent, (size_t)count, sizeof *spent, by_size);
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  printf("%ld %ld\n", spent[count / 2], usage.ru_maxrss);
}
