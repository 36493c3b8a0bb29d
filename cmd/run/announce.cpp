#include "cmd/run/announce.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "core/base/escape.hpp"
#include "core/base/open_output.hpp"
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

/// Writes into a pipe, a device or where a link leads: it must stay what it is (as root, a rename
/// would replace even /dev/stderr). Does not wait for a pipe's reader.
void write_in_place(const std::string& path, const std::string& lines) {
  const UniqueFd file = open_output(path, IfMissing::fail);
  Output output{file.get(), path};
  output.write(lines);
  if (const auto error = output.error()) throw *error;
}

/// Writes the file whole or not at all: a reader never sees half of it. The temporary file has a
/// name that nobody could have put a link at.
void write_port_file(const std::string& path, const std::string& lines) {
  struct stat existing {};
  if (::lstat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    return write_in_place(path, lines);
  }
  std::string temporary = path + ".XXXXXX";
  const UniqueFd file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file.valid()) throw io_error("open", path, errno);
  Output output{file.get(), path};
  output.write(lines);
  std::optional<Error> error = output.error();
  if (!error && ::fchmod(file.get(), usual_mode()) != 0) error = io_error("chmod", path, errno);
  if (!error && ::rename(temporary.c_str(), path.c_str()) != 0) {
    error = io_error("rename", path, errno);
  }
  if (!error) return;
  ::unlink(temporary.c_str());
  throw *error;
}

/// Returns one line for whoever asks the manager how the service is.
std::string status_of(const std::string& lines) {
  constexpr std::size_t kMostBytes = 200;
  std::string names;
  std::size_t count = 0;
  std::size_t begin = 0;
  for (std::size_t end; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1) {
    names += (count++ == 0 ? "" : ", ") + lines.substr(begin, end - begin);
  }
  return "serving " + (names.size() <= kMostBytes ? escape_for_terminal(names)
                                                  : std::to_string(count) + " endpoints");
}

}  // namespace

std::string endpoint_lines(std::span<const Served> sockets) {
  std::string out;
  for (const Served& socket : sockets) {
    for (const char c : socket.endpoint.uri) {
      if (c == '\n') {
        out += "\\x0a";
      } else {
        out += c;
      }
    }
    out += '\n';
  }
  return out;
}

void announce_in_file(const ServeJob& job, const std::string& lines) {
  if (!job.port_file.empty()) write_port_file(job.port_file, lines);
}

void announce(const ServeJob& job, const ServiceManager& manager, const std::string& lines) {
  if (job.ready_fd >= 0) {
    Output output{job.ready_fd, "--ready-fd"};
    output.write(lines);
    if (job.ready_fd > STDERR_FILENO) ::close(job.ready_fd);
    if (const auto error = output.error()) throw *error;
  }
  manager.notify("READY=1\nSTATUS=" + status_of(lines));
}

}  // namespace netecho
