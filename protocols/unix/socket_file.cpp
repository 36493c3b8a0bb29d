#include "protocols/unix/socket_file.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>

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

/// Unlinks the path at its end, if it is still the file that was bound.
class SocketFile {
 public:
  SocketFile(std::string path, FileId id) : path_{std::move(path)}, id_{id} {}
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile() {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && id_of(status) == id_) {
      ::unlink(path_.c_str());
    }
  }

 private:
  std::string path_;
  FileId id_;
};

std::shared_ptr<void> own_file(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return nullptr;
  return std::make_shared<SocketFile>(path, id_of(status));
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

/// One attempt to take a path.
class Taker {
 public:
  Taker(const Endpoint& endpoint, SocketType type, const ServeOptions& options)
      : endpoint_{endpoint}, type_{type}, options_{options} {}

  /// Returns once the path is free to be bound.
  void clear_path() const {
    const FileId first = check_replaceable();
    if (!options_.unix_replace) {
      reject("a stale socket is there, which nobody serves; --unix-replace replaces it");
    }
    wait_for_second_look();
    if (!(check_replaceable() == first)) reject("another socket has appeared there");
    ::unlink(endpoint_.rest.c_str());
  }

 private:
  [[noreturn]] void reject(std::string reason) const {
    throw Error{ErrorCategory::connect, "bind", endpoint_.typed, std::move(reason), EADDRINUSE};
  }

  FileId check_replaceable() const {
    struct stat status {};
    if (::lstat(endpoint_.rest.c_str(), &status) != 0) return {};
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
  int error = try_bind(out.fd.get(), address);
  if (error == EADDRINUSE && !abstract) {
    Taker{endpoint, type, options}.clear_path();
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
