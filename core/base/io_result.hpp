#pragma once

/// \file
/// Calls on the data path return their outcome by value: no exception, no allocation.

#include <cstddef>
#include <cstdint>

namespace netecho {

enum class IoStatus : std::uint8_t { ok, would_block, closed, failed };

/// This is the outcome of one non-blocking operation on a byte stream.
struct [[nodiscard]] IoResult {
  IoStatus status = IoStatus::failed;
  std::size_t bytes = 0;  ///< Meaningful only when ok.
  int error = 0;          ///< errno when failed.
};

}  // namespace netecho
