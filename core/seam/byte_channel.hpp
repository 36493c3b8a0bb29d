#pragma once

/// \file
/// This is what an engine needs of a connected stream socket.

#include <cstddef>
#include <span>
#include <utility>

#include "core/base/io_result.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {

/// This is a connected, non-blocking byte stream. tcp and unix make the same calls, so nothing is
/// virtual.
class ByteChannel final {
 public:
  explicit ByteChannel(UniqueFd fd) noexcept : fd_{std::move(fd)} {}

  [[nodiscard]] IoResult read_some(std::span<std::byte> into) const noexcept;  ///< EOF: closed.
  [[nodiscard]] IoResult write_some(std::span<const std::byte> from) const noexcept;
  void shutdown_write() const noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void close() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace netecho
