#include "core/host/handover.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/base/error.hpp"

namespace netecho {
namespace {

struct WritingSignal {
  int number;
  void (*before)(int);
};
/// Whoever started us may have ignored them, too.
constinit std::array<WritingSignal, 2> writing_signals{{{SIGPIPE, SIG_DFL}, {SIGXFSZ, SIG_DFL}}};

void restore_signals_of_writing() noexcept {
  for (const WritingSignal& each : writing_signals) std::signal(each.number, each.before);
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Calls execv(2) for each folder of PATH. execvp(3) isn't used: it would give a file that is no
/// program to a shell.
int exec_in_path(const std::string& name, char* const* arguments) {
  const char* const variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/bin:/usr/bin";
  int told = ENOENT;
  while (true) {
    const std::size_t end = folders.find(':');
    std::string path{folders.substr(0, end)};
    path += path.empty() ? name : "/" + name;
    ::execv(path.c_str(), arguments);
    const int error = errno;
    // As a shell does: a folder that can't be looked into has no such program.
    if (is_regular_file(path) && error != ENOENT) {
      if (error != EACCES) return error;
      told = EACCES;
    }
    if (end == std::string_view::npos) return told;
    folders.remove_prefix(end + 1);
  }
}

int exec(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const std::string& name = command.front();
  if (name.empty()) return ENOENT;
  if (name.find('/') == std::string::npos) return exec_in_path(name, arguments.data());
  ::execv(name.c_str(), arguments.data());
  return errno;
}

}  // namespace

void ignore_signals_of_writing() noexcept {
  for (WritingSignal& each : writing_signals) each.before = std::signal(each.number, SIG_IGN);
}

Handover::Handover() {
  const int error = ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked_);
  if (error != 0) throw SysError{"sigmask", "", error};
  checked("getrlimit", "RLIMIT_NOFILE", [&] { return ::getrlimit(RLIMIT_NOFILE, &descriptors_); });
}

int Handover::become(const std::vector<std::string>& command) const {
  checked("setrlimit", "RLIMIT_NOFILE", [&] { return ::setrlimit(RLIMIT_NOFILE, &descriptors_); });
  restore_signals_of_writing();
  ::pthread_sigmask(SIG_SETMASK, &blocked_, nullptr);
  const int error = exec(command);
  ignore_signals_of_writing();  // There is a line to be written about it.
  return error;
}

}  // namespace netecho
