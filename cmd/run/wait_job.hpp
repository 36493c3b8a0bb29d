#pragma once

/// \file
/// A command line of `netecho wait` becomes checked values: a job.

#include <string>
#include <vector>

#include "cmd/run/context.hpp"

namespace netecho {

enum class WaitFor : std::uint8_t { all, any };

struct WaitJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  WaitFor wanted = WaitFor::all;
  bool echo = false;  ///< --echo: an answer is the echo of what was sent, and nothing else.
  Duration interval = std::chrono::milliseconds{250};
  Duration deadline = std::chrono::seconds{30};  ///< Duration::max(): for ever.
  std::vector<std::string> command;              ///< What takes our place then; may be empty.
};

/// Runs it and returns the exit code, unless the command takes the place of this process. Throws
/// Error.
[[nodiscard]] int run_wait(const WaitJob& job);

}  // namespace netecho
