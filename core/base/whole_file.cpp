#include "core/base/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "core/base/open_output.hpp"
#include "core/base/output.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

Error io_error(const char* operation, const std::string& path, int error) {
  return Error{ErrorCategory::io, operation, path, errno_text(error), error};
}

/// Returns the mode that a file made by open(…, 0666) would get.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

bool stays_what_it_is(const std::string& path) {
  struct stat existing {};
  return ::lstat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode);
}

bool is_folder(const std::string& path) {
  struct stat existing {};
  return ::stat(path.c_str(), &existing) == 0 && S_ISDIR(existing.st_mode);
}

void write_in_place(const std::string& path, std::string_view text) {
  const UniqueFd file = open_output(path, IfMissing::fail);
  Output output{file.get(), path};
  output.write(text);
  if (const auto error = output.error()) throw *error;
}

/// A file beside `path`, with a name that nobody could have put a link at; goes unless it takes the
/// place of `path`.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : name_{path + ".XXXXXX"} {
    file_.reset(::mkostemp(name_.data(), O_CLOEXEC));
    if (!file_.valid()) throw io_error("open", path, errno);
  }
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] int fd() const noexcept { return file_.get(); }
  void become(const std::string& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) throw io_error("rename", path, errno);
    name_.clear();
  }

 private:
  std::string name_;
  UniqueFd file_;
};

}  // namespace

void write_whole_file(const std::string& path, std::string_view text, AfterPowerLoss left) {
  if (stays_what_it_is(path)) return write_in_place(path, text);
  Temporary file{path};
  Output output{file.fd(), path};
  output.write(text);
  if (const auto error = output.error()) throw *error;
  if (::fchmod(file.fd(), usual_mode()) != 0) throw io_error("chmod", path, errno);
  if (left == AfterPowerLoss::old_or_new && ::fsync(file.fd()) != 0) {
    throw io_error("fsync", path, errno);
  }
  file.become(path);
}

void expect_whole_file(const std::string& path) {
  if (is_folder(path)) throw io_error("open", path, EISDIR);
  if (!stays_what_it_is(path)) const Temporary tried{path};
}

}  // namespace netecho
