#include "protocols/unix/socket_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/unix_rest.hpp"

namespace netecho::unix_socket {
namespace {

using namespace std::chrono_literals;
constexpr Duration kSecondLook = 200ms;

/// Which file: a path may come to mean another one.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

FileId id_of(const struct stat& status) noexcept {
  return {status.st_dev, status.st_ino};
}

/// A file, by its folder as it was when this was made: where others may rename that folder or put a
/// link in its place, the path can come to mean a file elsewhere between a look at it and what
/// follows.
class Place {
 public:
  explicit Place(const std::string& path)
      : folder_{::open(folder_of(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)},
        name_{path.ends_with('/') ? std::string{"."} : path.substr(path.rfind('/') + 1)} {}

  [[nodiscard]] bool look(struct stat& status) const noexcept {
    return ::fstatat(folder_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }
  void remove() const noexcept { ::unlinkat(folder_.get(), name_.c_str(), 0); }
  /// The folder, to be locked: that takes the right to read it. May be invalid.
  [[nodiscard]] UniqueFd open_folder() const noexcept {
    return UniqueFd{::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  }

 private:
  static std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
  }

  UniqueFd folder_;
  std::string name_;
};

/// Removes the file at its end, if it is still the one that was bound.
class SocketFile {
 public:
  SocketFile(Place place, FileId id) : place_{std::move(place)}, id_{id} {}
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile() {
    struct stat status {};
    if (place_.look(status) && S_ISSOCK(status.st_mode) && id_of(status) == id_) place_.remove();
  }

 private:
  Place place_;
  FileId id_;
};

std::shared_ptr<void> own_file(const std::string& path) {
  Place place{path};
  struct stat status {};
  if (!place.look(status)) return nullptr;
  return std::make_shared<SocketFile>(std::move(place), id_of(status));
}

class UmaskGuard {
 public:
  UmaskGuard() noexcept : old_{::umask(0)} {}
  UmaskGuard(const UmaskGuard&) = delete;
  UmaskGuard& operator=(const UmaskGuard&) = delete;
  ~UmaskGuard() { ::umask(old_); }

 private:
  mode_t old_;
};

std::string_view kind_of_file(mode_t mode) noexcept {
  if (S_ISREG(mode)) return "a regular file";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a named pipe";
  return "a device";
}

/// Servers that bind in one folder take turns: from the last look at a stale socket until the new
/// one listens, another would take the new one for a stale one. The folder itself is locked, which
/// leaves nothing behind.
class Turn {
 public:
  /// `folder` may be invalid: one that can't be read can't be locked, and its servers have no
  /// turns.
  explicit Turn(UniqueFd folder) noexcept : folder_{std::move(folder)} {}

  /// Takes it if nobody has it.
  [[nodiscard]] bool try_take() const noexcept {
    return ::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  }
  /// Waits for it, but no longer than a start takes: in a folder of many users nobody may keep the
  /// others' servers from starting.
  void take(int interrupt_fd) const {
    constexpr Duration kLongestTurn = 2s;
    const Instant end = monotonic_now() + kLongestTurn;
    while (!try_take() && monotonic_now() < end) {
      pollfd entry{interrupt_fd, POLLIN, 0};
      if (::poll(&entry, 1, 1) > 0) throw Interrupted{};
    }
  }
  void pass() const noexcept { ::flock(folder_.get(), LOCK_UN); }

 private:
  UniqueFd folder_;
};

/// One attempt to take a path.
class Taker {
 public:
  Taker(const Endpoint& endpoint, SocketType type, const ServeOptions& options)
      : endpoint_{endpoint},
        type_{type},
        options_{options},
        place_{endpoint.rest},
        turn_{place_.open_folder()} {}

  /// To be called first. It is this server's turn as long as this lives, but for clear_path(); a
  /// server that replaces nothing waits for none.
  void begin() const {
    if (options_.unix_replace) {
      turn_.take(options_.interrupt_fd);
    } else {
      static_cast<void>(turn_.try_take());
    }
  }

  /// Returns once the path is free to be bound. Who else is just starting gets its turn meanwhile.
  void clear_path() const {
    const FileId first = check_replaceable();
    if (!options_.unix_replace) {
      reject("a stale socket is there, which nobody serves; --unix-replace replaces it");
    }
    turn_.pass();
    wait_for_second_look();
    turn_.take(options_.interrupt_fd);
    if (!(check_replaceable() == first)) reject("another socket has appeared there");
    place_.remove();
  }

 private:
  [[noreturn]] void reject(std::string reason) const {
    throw Error{ErrorCategory::connect, "bind", endpoint_.typed, std::move(reason), EADDRINUSE};
  }

  FileId check_replaceable() const {
    struct stat status {};
    if (!place_.look(status)) return {};
    if (!S_ISSOCK(status.st_mode)) {
      reject(std::string{kind_of_file(status.st_mode)} + " is there, which is never replaced");
    }
    if (is_live()) reject("a live socket is there");
    if (options_.unix_replace && status.st_uid != ::geteuid()) {
      reject("a socket of another user is there, which is never replaced");
    }
    return id_of(status);
  }

  /// Only a refused connection of the right type shows that nobody is there: EPROTOTYPE, EAGAIN,
  /// EPERM and the like come from a socket that is served.
  bool is_live() const {
    const int type = native_type(type_) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const UniqueFd fd{
        checked("socket", endpoint_.typed, [&] { return ::socket(AF_UNIX, type, 0); })};
    const SocketAddress address = unix_address(endpoint_.rest);
    const int result = ::connect(fd.get(), address.data(), address.size());
    return result == 0 || (errno != ECONNREFUSED && errno != ENOENT);
  }

  /// A server that is just starting has bound but not listened yet: it gets its time.
  void wait_for_second_look() const {
    const Instant end = monotonic_now() + kSecondLook;
    while (true) {
      const Duration left = end - monotonic_now();
      if (left <= Duration::zero()) return;
      const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      pollfd entry{options_.interrupt_fd, POLLIN, 0};
      if (::poll(&entry, 1, static_cast<int>(left_ms)) > 0) throw Interrupted{};
    }
  }

  const Endpoint& endpoint_;
  SocketType type_;
  const ServeOptions& options_;
  Place place_;
  Turn turn_;
};

int try_bind(int fd, const SocketAddress& address) noexcept {
  const UmaskGuard guard;
  return ::bind(fd, address.data(), address.size()) == 0 ? 0 : errno;
}

}  // namespace

BoundFile bind_server(const Endpoint& endpoint, SocketType type, const ServeOptions& options) {
  const std::string& subject = endpoint.typed;
  BoundFile out{
      UniqueFd{checked(
          "socket", subject,
          [&] { return ::socket(AF_UNIX, native_type(type) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); })},
      nullptr};
  apply(out.fd.get(), AF_UNIX, options.socket, kOptionReceiveBuffer | kOptionSendBuffer, subject);
  const bool abstract = endpoint.rest.front() == '@';
  const SocketAddress address = unix_address(endpoint.rest);
  if (!abstract) {
    checked("fchmod", subject, [&] { return ::fchmod(out.fd.get(), options.unix_mode); });
  }
  std::optional<Taker> taker;
  if (!abstract) taker.emplace(endpoint, type, options).begin();
  int error = try_bind(out.fd.get(), address);
  if (error == EADDRINUSE && taker) {
    taker->clear_path();
    error = try_bind(out.fd.get(), address);
  }
  if (error != 0) throw SysError{"bind", subject, error};
  if (!abstract) out.cleanup = own_file(endpoint.rest);
  if (type != SocketType::datagram) {
    checked("listen", subject, [&] { return ::listen(out.fd.get(), options.backlog); });
  }
  return out;
}

std::shared_ptr<void> bind_client(int fd, const std::string& name) {
  if (name.empty()) {
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    const SocketAddress address{reinterpret_cast<const sockaddr*>(&any), sizeof any.sun_family};
    checked("bind", "@", [&] { return ::bind(fd, address.data(), address.size()); });
    return nullptr;
  }
  const SocketAddress address = unix_address(name);
  checked("bind", name, [&] { return ::bind(fd, address.data(), address.size()); });
  return name.front() == '@' ? nullptr : own_file(name);
}

}  // namespace netecho::unix_socket
