#include "core/report/output_file.hpp"

#include <fcntl.h>

#include <cerrno>

namespace netecho {
namespace {

constexpr std::size_t kBufferBytes = 65'536;

int open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) throw Error{ErrorCategory::io, "open", path, errno_text(errno), errno};
  return fd;
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : fd_{open_file(path)}, output_{fd_.get(), path} {
  buffer_.reserve(2 * kBufferBytes);
}

void OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) flush();
}

void OutputFile::flush() noexcept {
  output_.write(buffer_);
  buffer_.clear();
}

void OutputFile::finish() {
  flush();
  if (const auto error = output_.error()) throw *error;
}

}  // namespace netecho
