/// \file
/// The program parses, runs what was selected, and turns whatever went wrong into one line and an
/// exit code.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>

#include "cmd/cli.hpp"
#include "cmd/run/context.hpp"
#include "core/base/clock.hpp"
#include "core/host/handover.hpp"
#include "core/report/format.hpp"

namespace {

using namespace netecho;

/// A standard stream that was closed must not become the number of a socket: then what is printed
/// would go to a peer. Read-only /dev/null fails every write as the closed stream would (EBADF).
/// A program that takes our place finds the stream closed, as we did.
void reserve_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      // The lowest free number is this one.
      static_cast<void>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
  }
}

/// Prints the line on stderr in any case; in formats for programs the error is in the output, too.
int report(const Error& error, const std::vector<std::string>& words) {
  print_error(error.what());
  const ErrorEvent event = error_event(error);
  // A part of a line may be there already: whatever came behind it would be no JSON.
  if (error.operation() == "write" && error.subject() == "stdout") return event.exit_code;
  Output output{STDOUT_FILENO, "stdout"};
  const Format& format = error_format(words);
  switch (format.kind) {
    case FormatKind::words:
    case FormatKind::figures:
      break;
    case FormatKind::stream:
      output.write(format.event({realtime_now(), event}, {}));
      break;
    case FormatKind::document:
      output.write(format.result({.time = realtime_now(),
                                  .command = words.front(),
                                  .targets = {},
                                  .replies = {},
                                  .errors = {event},
                                  .exit_code = event.exit_code}));
      break;
  }
  return event.exit_code;
}

/// Unwinding has freed what there was, so that this is likely to find the little it needs.
int report_no_memory(const std::vector<std::string>& words) noexcept try {
  return report(Error{ErrorCategory::io, "allocate", "", "out of memory", ENOMEM}, words);
} catch (const std::exception&) {
  constexpr std::string_view kLine = "netecho: allocate: out of memory (ENOMEM)\n";
  static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
  return exit_code(ErrorCategory::io);
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_streams();
  ignore_signals_of_writing();
  const std::vector<std::string> words{argv + (argc > 0 ? 1 : 0), argv + argc};
  Origins origins;
  try {
    return run(parse_command_line(words, origins));
  } catch (const Error& error) {
    return report(origins.named(error), words);
  } catch (const std::bad_alloc&) {
    return report_no_memory(words);
  } catch (const std::system_error& error) {  // A thread could not be started.
    return report(Error{ErrorCategory::io, "start a thread", "", error.code().message(),
                        error.code().value()},
                  words);
  } catch (const std::exception& error) {
    return report(Error{ErrorCategory::internal, "internal error", "", error.what()}, words);
  }
}
