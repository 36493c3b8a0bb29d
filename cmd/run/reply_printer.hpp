#pragma once

/// \file
/// The reply goes to stdout: as it is when piped, made safe on a terminal.

#include <cstddef>
#include <span>
#include <string>

#include "core/base/output.hpp"

namespace netecho {

enum class PrintMode : std::uint8_t {
  raw,      ///< Every byte stays as it is.
  escaped,  ///< What would act on a terminal is shown as \xNN; a newline ends it.
};

/// Prints a reply as it arrives, in pieces.
class ReplyPrinter {
 public:
  ReplyPrinter(Output& output, PrintMode mode) : output_{output}, mode_{mode} {}

  /// Throws Error (io) once the output fails; a reader that is gone is no error.
  void print(std::span<const std::byte> piece);
  /// Is called when the reply is complete.
  void finish();

 private:
  void write(std::string_view text);

  Output& output_;
  PrintMode mode_;
  std::string tail_;  ///< The start of a character whose rest has not arrived.
  char last_ = '\n';
};

}  // namespace netecho
