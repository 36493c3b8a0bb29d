#include "cmd/run/watch_list.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "cmd/run/watch_targets.hpp"
#include "core/base/unique_fd.hpp"
#include "core/report/targets_reader.hpp"

namespace netecho {
namespace {

[[noreturn]] void fail_list(const std::string& path, int error) {
  throw Error{ErrorCategory::io, "read", path, errno_text(error), error};
}

/// Checks the open file, whatever becomes of its name meanwhile.
void check_list_file(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail_list(path, errno);
  if (S_ISDIR(status.st_mode)) fail_list(path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error{ErrorCategory::io, "read", path, "is no regular file"};
  }
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  if (::geteuid() == 0 && (status.st_mode & kOthersWrite) != 0) {
    throw Error{ErrorCategory::io, "read", path,
                "others than its owner may write it, and root would probe what they want (chmod "
                "go-w)"};
  }
}

/// A little more than the limit is read, so that the limit is seen to be broken.
std::string read_text(int fd, const std::string& path) {
  std::string out;
  std::array<char, 65'536> buffer{};
  while (out.size() <= kMaxTargetsBytes) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_list(path, errno);
    if (got == 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

std::vector<WatchTarget> read_list_file(const std::string& path) {
  if (path == "-") return read_targets(read_text(STDIN_FILENO, "stdin"), "stdin");
  // A pipe would be waited for.
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (!file.valid()) fail_list(path, errno);
  check_list_file(file.get(), path);
  return read_targets(read_text(file.get(), path), path);
}

}  // namespace

std::vector<WatchTarget> read_watch_list(const WatchJob& job) {
  std::vector<WatchTarget> targets;
  std::set<std::string> bare;  ///< Endpoints without labels.
  for (const std::string& endpoint : job.endpoints) {
    if (!bare.insert(endpoint).second) throw usage_error("watch", endpoint, "is given twice");
    targets.push_back({.endpoint = endpoint});
  }
  const std::string list = job.targets_path == "-" ? "stdin" : job.targets_path;
  if (!job.targets_path.empty()) {
    for (WatchTarget& target : read_list_file(job.targets_path)) {
      if (target.labels.empty() && bare.contains(target.endpoint)) {
        throw usage_error(
            "read", list,
            line_of(target) + "'" + target.endpoint + "' stands on the command line, too");
      }
      targets.push_back(std::move(target));
    }
  }
  for (const WatchTarget& target : targets) check_watch_target(target, job, list);
  const WatchSettings& settings = job.settings;
  if (settings.pick) targets = picked(std::move(targets), *settings.pick, settings.host);
  check_rates(targets, settings, list.empty() ? "targets" : list);
  return targets;
}

}  // namespace netecho
