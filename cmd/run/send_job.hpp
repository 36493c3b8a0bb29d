#pragma once

/// \file
/// A command line of `netecho send` becomes checked values: a job.

#include <memory>
#include <optional>
#include <string>

#include "cmd/run/context.hpp"
#include "core/send/exchange.hpp"

namespace netecho {

enum class PayloadOrigin : std::uint8_t { literal, file, standard_input };

struct SendJob {
  CommonOptions common;
  std::string endpoint;
  PayloadOrigin origin = PayloadOrigin::standard_input;
  std::string data;  ///< Holds the bytes, or the file's path.
  bool lines = false;
  bool raw = false;
  bool half_close = false;
  Expect expect = Expect::echo;
  std::uint64_t count = 1;
  Duration interval{};
  Duration timeout = std::chrono::seconds{5};
  Duration connect_timeout = std::chrono::seconds{5};
  std::optional<Duration> deadline;
  std::uint64_t retries = 0;
};

/// Runs it and returns the exit code. Throws Error.
[[nodiscard]] int run_send(const SendJob& job);

}  // namespace netecho
