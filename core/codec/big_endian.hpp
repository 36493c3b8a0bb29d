#pragma once

/// \file
/// Reads and writes integers in network byte order at any address, each by one load or store and a
/// byte swap.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace netecho {

template <std::unsigned_integral Integer>
[[nodiscard]] Integer swap_if_little_endian(Integer value) noexcept {
  if constexpr (std::endian::native == std::endian::big || sizeof(Integer) == 1) {
    return value;
  } else if constexpr (sizeof(Integer) == 2) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(Integer) == 4) {
    return __builtin_bswap32(value);
  } else {
    return __builtin_bswap64(value);
  }
}

template <std::unsigned_integral Integer>
[[nodiscard]] Integer load_big_endian(const std::byte* from) noexcept {
  Integer value = 0;
  std::memcpy(&value, from, sizeof value);
  return swap_if_little_endian(value);
}

template <std::unsigned_integral Integer>
void store_big_endian(std::byte* to, Integer value) noexcept {
  value = swap_if_little_endian(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace netecho
