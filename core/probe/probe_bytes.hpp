#pragma once

/// \file
/// What formats fill probes with, and compare replies by.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "core/base/random.hpp"
#include "core/codec/frame.hpp"

namespace netecho {

/// std::ranges::equal looks at one byte after the other; and most probes are small, so that a few
/// words are compared in less time than the call of memcmp(3) takes.
inline bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  constexpr std::size_t kFewBytes = 64;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (a.size() != b.size()) return false;
  if (a.size() > kFewBytes) return std::memcmp(a.data(), b.data(), a.size()) == 0;
  std::size_t at = 0;
  for (; at + kWord <= a.size(); at += kWord) {
    if (std::memcmp(a.data() + at, b.data() + at, kWord) != 0) return false;
  }
  for (; at < a.size(); ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

/// Returns the last sequence before `next` that ends in these bits; none if there is no such.
/// REQUIRES: fewer than 64 bits, and nothing in `low` above them.
[[nodiscard]] inline std::optional<Sequence> last_ending_in(std::uint64_t low, unsigned bits,
                                                            Sequence next) noexcept {
  if (next.value == 0) return std::nullopt;
  const std::uint64_t last = next.value - 1;
  const std::uint64_t back = (last - low) % (std::uint64_t{1} << bits);
  if (back > last) return std::nullopt;
  return Sequence{last - back};
}

inline constexpr unsigned kNumberBits = 16;  ///< Slot::number has so many.

/// Returns the last sequence before `next` that has this number.
[[nodiscard]] inline std::optional<Sequence> sequence_of(std::optional<std::uint16_t> number,
                                                         Sequence next) noexcept {
  return number ? last_ending_in(*number, kNumberBits, next) : std::nullopt;
}

[[nodiscard]] inline std::uint16_t number_of(Sequence sequence) noexcept {
  return static_cast<std::uint16_t>(sequence.value);
}

inline void fill_with(SplitMix64 bits, std::span<std::byte> to) noexcept {
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    left = i % 8 == 0 ? bits.next() : left >> 8;
    to[i] = static_cast<std::byte>(left);
  }
}

}  // namespace netecho
