#include "cmd/serve_events.hpp"

#include <unistd.h>

namespace netecho {
namespace {

/// Errors come a few a run; a reader that lets so many wait reads none.
constexpr std::size_t kMaxWaitingErrors = 64 * 1024;

}  // namespace

ServeEvents::ServeEvents(Output& output, const CommonOptions& common)
    : format_{chosen_format(common, OutputFormat::jsonl)},
      events_{output, format_, text_style(common, output.fd())},
      errors_{Output{STDERR_FILENO, "stderr"}} {}

void ServeEvents::emit(Event event) {
  if (const auto* error = std::get_if<ErrorEvent>(&event.body)) {
    errors_.push("netecho: " + error->message + "\n", kMaxWaitingErrors);
    // In text the line on stderr is all there is to it.
    if (format_ == OutputFormat::text) return;
  }
  events_.emit(std::move(event));
}

bool ServeEvents::flush(Duration patience) {
  const bool flushed = events_.flush(patience);
  static_cast<void>(errors_.flush(patience));
  return flushed;
}

}  // namespace netecho
