#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "cmd/run/help_job.hpp"
#include "core/base/output.hpp"
#include "core/host/handover.hpp"

namespace netecho {
namespace {

/// Asks man(1) whether it knows a page. Whoever has no man(1) has no page.
bool is_installed(std::string page) {
  std::string man = "man";
  std::string where = "-w";  // Both man-db and mandoc know it.
  char* const arguments[] = {man.data(), where.data(), page.data(), nullptr};
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_RDWR, 0);
  }
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, man.c_str(), &silent, nullptr, arguments, ::environ);
  posix_spawn_file_actions_destroy(&silent);
  if (error != 0) return false;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int run_help(const HelpJob& job) {
  // Into a file or a pipe man(1) writes plain text: that needs no terminal. This returns only if
  // there is none.
  if (is_installed(job.page)) static_cast<void>(Handover{}.become({"man", job.page}));
  Output out{STDOUT_FILENO, "stdout"};
  out.write(job.text);
  if (const auto error = out.error()) throw *error;
  return 0;
}

}  // namespace netecho
