#include "core/host/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

/// What the group must not do (write) and others must not do (anything).
constexpr mode_t kForbidden = 0027;

[[noreturn]] void fail(const std::string& path, std::string reason, int error = 0) {
  throw Error{ErrorCategory::io, "key file", path, std::move(reason), error};
}
[[noreturn]] void fail(const std::string& path, int error) {
  fail(path, errno_text(error), error);
}

std::string octal(mode_t mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3) {
    out += static_cast<char>('0' + (mode >> shift & 7U));
  }
  return out;
}

/// Checks the open file, whatever becomes of its name meanwhile.
void check_access(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail(path, errno);
  if (S_ISDIR(status.st_mode)) fail(path, EISDIR);
  const mode_t mode = status.st_mode & 07777;
  if ((mode & kForbidden) == 0) return;
  fail(path, "its mode is " + octal(mode) +
                 ": the group must not be able to write it, and others have no access (chmod 600)");
}

/// Has room for a key, its newline, and one byte that shows that there is more. It is wiped at its
/// end.
struct KeyBytes {
  std::array<std::byte, AuthKey::kMaxBytes + 2> bytes;
  KeyBytes() = default;
  KeyBytes(const KeyBytes&) = delete;
  KeyBytes& operator=(const KeyBytes&) = delete;
  ~KeyBytes() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

std::size_t read_all(int fd, KeyBytes& into, const std::string& path) {
  std::size_t size = 0;
  while (size < into.bytes.size()) {
    const ssize_t got = ::read(fd, into.bytes.data() + size, into.bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

}  // namespace

std::shared_ptr<const AuthKey> read_key_file(const std::string& path) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!file.valid()) fail(path, errno);
  check_access(file.get(), path);
  KeyBytes buffer;
  std::size_t size = read_all(file.get(), buffer, path);
  if (size > 0 && buffer.bytes[size - 1] == std::byte{'\n'}) --size;
  if (size < AuthKey::kMinBytes || size > AuthKey::kMaxBytes) {
    const bool longer = size > AuthKey::kMaxBytes;
    fail(path, "a key has 16 to 1024 bytes, this one has " +
                   (longer ? std::string("more") : std::to_string(size)));
  }
  return std::make_shared<const AuthKey>(std::span{buffer.bytes}.first(size));
}

}  // namespace netecho
