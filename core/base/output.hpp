#pragma once

/// \file
/// Writes to a descriptor that others own, such as stdout: whole, in order, and with one policy for
/// what goes wrong.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace netecho {

/// Blocks while the reader is slow; never makes the descriptor non-blocking, which would leak to
/// whoever shares it. A reader that is gone (EPIPE) makes it quiet for good: that is no error. Any
/// other failure is kept and everything after it is dropped. REQUIRES: SIGPIPE is ignored.
class Output {
 public:
  Output(int fd, std::string name) : fd_{fd}, name_{std::move(name)} {}

  /// False once nothing more can be written.
  bool write(std::string_view bytes) noexcept;
  [[nodiscard]] bool usable() const noexcept { return !broken_pipe_ && error_number_ == 0; }
  [[nodiscard]] bool broken_pipe() const noexcept { return broken_pipe_; }
  /// Returns the first failure other than EPIPE, as `io`.
  [[nodiscard]] std::optional<Error> error() const;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
  std::string name_;
  bool broken_pipe_ = false;
  int error_number_ = 0;
};

}  // namespace netecho
