#pragma once

/// \file
/// The compiler computes the constants of CRC-32C, so nothing runs when the program starts.
///
/// Polynomials over GF(2) modulo P are kept reflected: bit 31 is the coefficient of x^0.

#include <array>
#include <cstddef>
#include <cstdint>

namespace netecho {

inline constexpr std::uint32_t kCrcPolynomial = 0x82F63B78;

[[nodiscard]] constexpr std::uint32_t crc_times_x(std::uint32_t value) noexcept {
  return (value >> 1) ^ ((value & 1U) != 0 ? kCrcPolynomial : 0U);
}

[[nodiscard]] constexpr std::uint32_t crc_divided_by_x(std::uint32_t value) noexcept {
  return (value >> 31) != 0 ? ((value ^ kCrcPolynomial) << 1) | 1U : value << 1;
}

[[nodiscard]] constexpr std::uint32_t crc_times(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = crc_times_x(b);
  }
  return product;
}

using CrcTable = std::array<std::uint32_t, 256>;

/// kCrcSlices[k][b]: the remainder of byte b followed by k zero bytes (slicing by 8).
inline constexpr std::array<CrcTable, 8> kCrcSlices = [] {
  std::array<CrcTable, 8> slices{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = crc_times_x(value);
    slices[0][byte] = value;
  }
  for (std::size_t k = 1; k < slices.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = slices[k - 1][byte];
      slices[k][byte] = (before >> 8) ^ slices[0][before & 0xFFU];
    }
  }
  return slices;
}();

/// x^(8 * zero_bytes - 33). The 33 is what a carry-less product of two reflected values followed by
/// one CRC step over its 64 bits multiplies by, besides the values: one place for the alignment of
/// the product, 32 for the CRC.
[[nodiscard]] constexpr std::uint32_t crc_shift_factor(std::uint32_t zero_bytes) noexcept {
  std::uint32_t value = 0x80000000U;  // x^0
  for (int i = 0; i < 33; ++i) value = crc_divided_by_x(value);
  for (std::uint32_t bit = 0; bit < 8 * zero_bytes; ++bit) value = crc_times_x(value);
  return value;
}

/// kCrcShifts[k][d]: x^(8 * d * 256^k - 33), the factor for digit d at place k of a length in bytes
/// written to base 256.
inline constexpr std::array<CrcTable, 4> kCrcShifts = [] {
  std::array<CrcTable, 4> shifts{};
  std::uint32_t step = 0x80000000U >> 8;  // x^8: one zero byte.
  for (CrcTable& row : shifts) {
    row[0] = crc_shift_factor(0);
    for (std::size_t digit = 1; digit < row.size(); ++digit) {
      row[digit] = crc_times(row[digit - 1], step);
    }
    for (int square = 0; square < 8; ++square) step = crc_times(step, step);
  }
  return shifts;
}();

}  // namespace netecho
