#include "cmd/run/announce.hpp"

#include <unistd.h>

#include "core/base/escape.hpp"
#include "core/base/whole_file.hpp"

namespace netecho {
namespace {

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

void announce_in_file(const std::string& port_file, const std::string& lines) {
  if (port_file.empty()) return;
  write_whole_file(port_file, lines, AfterPowerLoss::nothing);
}

void announce_at_descriptor(int ready_fd, const std::string& lines) {
  if (ready_fd < 0) return;
  Output output{ready_fd, "--ready-fd"};
  output.write(lines);
  if (ready_fd > STDERR_FILENO) ::close(ready_fd);
  if (const auto error = output.error()) throw *error;
}

void announce(const ServeJob& job, const ServiceManager& manager, const std::string& lines) {
  announce_at_descriptor(job.ready_fd, lines);
  manager.notify("READY=1\nSTATUS=" + status_of(lines));
}

}  // namespace netecho
