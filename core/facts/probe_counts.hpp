#pragma once

/// \file
/// What became of the probes of one target, in numbers.

#include <cstdint>

namespace netecho {

/// A probe that left is received or lost for one of four reasons: timeout, mismatch, refused,
/// unreachable.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t send_errors = 0;
  std::uint64_t skipped = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;
  std::uint64_t late = 0;
  std::uint64_t timeout = 0;
  std::uint64_t mismatch = 0;
  std::uint64_t refused = 0;
  std::uint64_t unreachable = 0;

  [[nodiscard]] std::uint64_t lost() const noexcept {
    return timeout + mismatch + refused + unreachable;
  }
  void add(const ProbeCounts& other) noexcept;
};

}  // namespace netecho
