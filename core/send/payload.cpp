#include "core/send/payload.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/buffer.hpp"
#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

class LiteralPayload final : public PayloadSource {
 public:
  explicit LiteralPayload(std::string bytes) : bytes_{std::move(bytes)} {}

  std::size_t read(std::span<std::byte> into) override {
    const std::size_t got = copy(next_, into);
    next_ += got;
    return got;
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }
  [[nodiscard]] bool read_again(std::uint64_t offset, std::span<std::byte> into) override {
    return copy(offset, into) == into.size();
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_.size(); }

 private:
  [[nodiscard]] std::size_t copy(std::uint64_t offset, std::span<std::byte> into) const {
    const std::size_t got = std::min<std::size_t>(into.size(), bytes_.size() - offset);
    if (got != 0) std::memcpy(into.data(), bytes_.data() + offset, got);
    return got;
  }

  std::string bytes_;
  std::uint64_t next_ = 0;
};

class FilePayload final : public PayloadSource {
 public:
  FilePayload(int fd, UniqueFd owned, std::string name)
      : fd_{fd}, owned_{std::move(owned)}, name_{std::move(name)} {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) fail("read", errno);
    if (S_ISDIR(status.st_mode)) fail("read", EISDIR);
    const off_t offset = ::lseek(fd_, 0, SEEK_CUR);
    if (!S_ISREG(status.st_mode) || offset < 0) return;
    begin_ = static_cast<std::uint64_t>(offset);
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    // At its end, or a file of /proc, which has no size and may read differently the next time.
    if (bytes <= begin_) return;
    size_ = bytes - begin_;
  }

  std::size_t read(std::span<std::byte> into) override {
    while (true) {
      const ssize_t got = ::read(fd_, into.data(), into.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail("read", errno);
    }
  }

  /// A regular file is always readable; anything else is to be polled.
  [[nodiscard]] int fd() const noexcept override { return size_ ? -1 : fd_; }

  [[nodiscard]] bool read_again(std::uint64_t offset, std::span<std::byte> into) override {
    if (!size_) return false;
    while (!into.empty()) {
      const ssize_t got =
          ::pread(fd_, into.data(), into.size(), static_cast<off_t>(begin_ + offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("read", errno);
      if (got == 0) fail("read", ESTALE);  // It has become shorter meanwhile.
      offset += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return size_; }

 private:
  [[noreturn]] void fail(const char* operation, int error) const {
    throw Error{ErrorCategory::io, operation, name_, errno_text(error), error};
  }

  int fd_;
  UniqueFd owned_;
  std::string name_;
  std::uint64_t begin_ = 0;
  std::optional<std::uint64_t> size_;  ///< Known for a regular file.
};

class RepeatedPayload final : public PayloadSource {
 public:
  explicit RepeatedPayload(PayloadSource& original) : original_{original} {}

  std::size_t read(std::span<std::byte> into) override {
    const std::uint64_t rest = original_.size().value_or(0) - next_;
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), rest)));
    if (into.empty() || !original_.read_again(next_, into)) return 0;
    next_ += into.size();
    return into.size();
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }
  [[nodiscard]] bool read_again(std::uint64_t offset, std::span<std::byte> into) override {
    return original_.read_again(offset, into);
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return original_.size(); }

 private:
  PayloadSource& original_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<PayloadSource> repeated_payload(PayloadSource& original) {
  return std::make_unique<RepeatedPayload>(original);
}

std::unique_ptr<PayloadSource> literal_payload(std::string bytes) {
  return std::make_unique<LiteralPayload>(std::move(bytes));
}

std::unique_ptr<PayloadSource> fd_payload(int fd, std::string name) {
  return std::make_unique<FilePayload>(fd, UniqueFd{}, std::move(name));
}

std::unique_ptr<PayloadSource> file_payload(const std::string& path) {
  UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid()) throw Error{ErrorCategory::io, "open", path, errno_text(errno), errno};
  const int fd = file.get();
  return std::make_unique<FilePayload>(fd, std::move(file), path);
}

void LineReader::fill() {
  Buffer chunk(64 * 1024);
  const std::size_t got = source_.read(chunk);
  ended_ = got == 0;
  rest_.append(reinterpret_cast<const char*>(chunk.data()), got);
}

std::optional<std::string> LineReader::next() {
  const std::size_t newline = rest_.find('\n', scanned_);
  const std::size_t length = newline == std::string::npos ? rest_.size() : newline + 1;
  if (length > kMaxLineBytes) {
    throw Error{ErrorCategory::io, "read", "a line", "it is longer than 8 MiB"};
  }
  scanned_ = rest_.size();
  if (newline == std::string::npos && (!ended_ || rest_.empty())) return std::nullopt;
  std::string line = rest_.substr(0, length);
  rest_.erase(0, length);
  scanned_ = 0;
  return line;
}

}  // namespace netecho
