#pragma once

/// \file
/// What formats fill probes with, and compare replies by.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/random.hpp"

namespace netecho {

/// std::ranges::equal looks at one byte after the other.
inline bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

inline void fill_with(SplitMix64 bits, std::span<std::byte> to) noexcept {
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    left = i % 8 == 0 ? bits.next() : left >> 8;
    to[i] = static_cast<std::byte>(left);
  }
}

}  // namespace netecho
