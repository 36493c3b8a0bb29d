#include "core/host/privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "core/base/error.hpp"

namespace netecho {
namespace {

constexpr const char* kOption = "--user";

std::optional<uid_t> to_uid(const std::string& text) noexcept {
  uid_t out = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  // The last number means "leave it as it is" to setresuid().
  const bool valid =
      error == std::errc{} && stop == end && out != std::numeric_limits<uid_t>::max();
  return valid ? std::optional{out} : std::nullopt;
}

[[noreturn]] void refuse(const User& user, std::string reason, int error) {
  throw Error{ErrorCategory::permission, kOption, user.name, std::move(reason), error};
}

/// `call` must succeed, as it does for root.
template <typename Call>
void step(const User& user, Call&& call) {
  if (call() == 0) return;
  const int error = errno;
  refuse(user, error == EPERM ? "only root can become another user" : errno_text(error), error);
}

/// Root's capabilities go with its identity; those that a process was given without being root do
/// not.
int drop_capabilities(KeptRights kept) noexcept {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> left{};
  if (kept == KeptRights::raw_sockets) {
    left[0].permitted = left[0].effective = 1U << CAP_NET_RAW;
  }
  return static_cast<int>(::syscall(SYS_capset, &header, left.data()));
}

bool can_return() noexcept {
  constexpr auto kSame = static_cast<uid_t>(-1);
  return ::setresuid(kSame, 0, kSame) == 0 || ::setresgid(kSame, 0, kSame) == 0 ||
         ::setgroups(0, nullptr) == 0;
}

}  // namespace

User find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) {
    if (const auto uid = to_uid(name)) entry = ::getpwuid(*uid);
  }
  if (entry == nullptr) {
    throw usage_error("option", kOption, "no user is called '" + name + "', or has that number");
  }
  return {name, entry->pw_uid, entry->pw_gid};
}

bool is_user(const User& user) noexcept {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  return ::getresuid(&real, &effective, &saved) == 0 && real == user.uid && effective == user.uid &&
         saved == user.uid;
}

void become_user(const User& user, KeptRights kept) {
  if (is_user(user)) return;
  if (kept != KeptRights::none) {
    step(user, [] { return ::prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L); });
  }
  // Groups first: afterwards there is no right to change them.
  step(user, [] { return ::setgroups(0, nullptr); });
  step(user, [&] { return ::setresgid(user.gid, user.gid, user.gid); });
  step(user, [&] { return ::setresuid(user.uid, user.uid, user.uid); });
  step(user, [=] { return drop_capabilities(kept); });
  if (!is_user(user) || (user.uid != 0 && can_return())) {
    refuse(user, "root could be had again", 0);
  }
}

bool may_remove(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat of_folder {};
  struct stat of_file {};
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) return false;
  if (::stat(folder.c_str(), &of_folder) != 0 || ::lstat(path.c_str(), &of_file) != 0) return false;
  const uid_t self = ::geteuid();
  const bool sticky = (of_folder.st_mode & S_ISVTX) != 0;
  return !sticky || self == 0 || self == of_file.st_uid || self == of_folder.st_uid;
}

}  // namespace netecho
