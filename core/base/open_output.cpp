#include "core/base/open_output.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "core/base/error.hpp"

namespace netecho {
namespace {

Error open_error(const std::string& path, const std::string& reason, int error) {
  return Error{ErrorCategory::io, "open", path, reason, error};
}

/// /dev/stdout leads to a link of /proc/self/fd, which stands for a file without another name.
bool is_descriptor(int link) noexcept {
  struct statfs where {};
  return ::fstatfs(link, &where) == 0 && where.f_type == PROC_SUPER_MAGIC;
}

/// Opens what the inspected link leads to, even if another link took its place since.
std::string target_of(int link, const std::string& path) {
  if (is_descriptor(link)) return path;
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
  if (size < 0) throw open_error(path, errno_text(errno), errno);
  std::string out{target.data(), static_cast<std::size_t>(size)};
  const std::size_t folder = path.rfind('/');
  if (out.starts_with('/') || folder == std::string::npos) return out;
  return path.substr(0, folder + 1) + out;
}

std::string follow(const std::string& path) {
  const UniqueFd link{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  struct stat its {};
  if (!link.valid() || ::fstat(link.get(), &its) != 0) {
    throw open_error(path, errno_text(errno), errno);
  }
  if (its.st_uid != 0 && its.st_uid != ::geteuid()) {
    throw open_error(
        path, "it is a symbolic link of another user (" + std::to_string(its.st_uid) + ")", ELOOP);
  }
  return target_of(link.get(), path);
}

}  // namespace

UniqueFd open_output(const std::string& path, IfMissing if_missing) {
  const int flags = O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY |
                    (if_missing == IfMissing::create ? O_CREAT : O_NONBLOCK);
  UniqueFd out{::open(path.c_str(), flags | O_NOFOLLOW, 0666)};
  if (!out.valid() && errno == ELOOP) {
    out.reset(::open(follow(path).c_str(), flags, 0666));
  }
  if (!out.valid()) throw open_error(path, errno_text(errno), errno);
  return out;
}

}  // namespace netecho
