/// \file
/// The program: parses, runs what was selected, and turns whatever went wrong into one line and an
/// exit code.

#include <unistd.h>

#include <csignal>

#include "cmd/cli.hpp"
#include "cmd/context.hpp"
#include "core/base/clock.hpp"
#include "core/report/json.hpp"

namespace {

using namespace netecho;

/// The line on stderr, always; in JSON formats the error is in the output, too.
int report(const Error& error, const std::vector<std::string>& words) {
  print_error(error.what());
  const ErrorEvent event = error_event(error);
  Output output{STDOUT_FILENO, "stdout"};
  switch (error_format(words)) {
    case ErrorFormat::line:
      break;
    case ErrorFormat::event:
      output.write(to_json(Event{realtime_now(), event}) + "\n");
      break;
    case ErrorFormat::result:
      output.write(to_json(ResultEvent{.time = realtime_now(),
                                       .command = words.front(),
                                       .targets = {},
                                       .replies = {},
                                       .errors = {event},
                                       .exit_code = event.exit_code}) +
                   "\n");
      break;
  }
  return event.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words{argv + (argc > 0 ? 1 : 0), argv + argc};
  try {
    return run_command_line(words);
  } catch (const Error& error) {
    return report(error, words);
  } catch (const std::exception& error) {
    return report(Error{ErrorCategory::internal, "internal error", "", error.what()}, words);
  }
}
