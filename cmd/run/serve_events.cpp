#include "cmd/run/serve_events.hpp"

#include <unistd.h>

namespace netecho {
namespace {

/// Errors come a few a run; a reader that lets so many wait reads none.
constexpr std::size_t kMaxWaitingErrors = 64 * 1024;

}  // namespace

ServeEvents::ServeEvents(Output& output, const CommonOptions& common)
    : format_{chosen_format(common, Wanted::stream)},
      events_{output, format_, text_style(common, output.fd())},
      errors_{Output{STDERR_FILENO, "stderr"}} {}

void ServeEvents::emit(Event event) {
  const auto* error = std::get_if<ErrorEvent>(&event.body);
  if (error == nullptr) return events_.emit(std::move(event));
  // In text the line on stderr is all there is to it. It comes last: without memory for its thread
  // the event is told all the same.
  if (format_.kind != FormatKind::words) events_.emit(event);
  errors_.push("netecho: " + error->message + "\n", kMaxWaitingErrors);
}

bool ServeEvents::flush(Duration patience) {
  const bool flushed = events_.flush(patience);
  static_cast<void>(errors_.flush(patience));
  return flushed;
}

}  // namespace netecho
