#pragma once

/// \file
/// The reply on stdout: as it is when piped, made safe on a terminal.

#include <cstddef>
#include <span>
#include <string>

#include "core/base/output.hpp"

namespace netecho {

enum class PrintMode : std::uint8_t {
  raw,      ///< Every byte as it is.
  escaped,  ///< A terminal: what would act on it is shown as \xNN, and the end gets a newline.
};

/// Prints a reply as it arrives, in pieces.
class ReplyPrinter {
 public:
  ReplyPrinter(Output& output, PrintMode mode) : output_{output}, mode_{mode} {}

  /// Throws Error (io) once the output fails; a reader that is gone is no error.
  void print(std::span<const std::byte> piece);
  /// The reply is complete.
  void finish();

 private:
  void write(std::string_view text);

  Output& output_;
  PrintMode mode_;
  std::string tail_;  ///< The start of a character whose rest has not arrived.
  char last_ = '\n';
};

}  // namespace netecho
