#pragma once

/// \file
/// What came from a peer that never sent an echo: how much it was, and its beginning, by which a
/// person sees what answers there.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/facts/events.hpp"

namespace netecho {

class ForeignBytes {
 public:
  void add(std::span<const std::byte> bytes) noexcept;
  /// All of it, and `rest` behind that; none if both are empty.
  [[nodiscard]] std::optional<PayloadSample> sample(std::span<const std::byte> rest) const;

 private:
  std::array<char, 32> beginning_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace netecho
