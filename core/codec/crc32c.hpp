#pragma once

/// \file
/// Computes CRC-32C (Castagnoli, RFC 3720 section 12.1), by the CPU's instruction where there is
/// one, and has the operator that makes it cheap to update a checksum.
///
/// A CRC is affine: of two messages of equal length, CRC(a) ^ CRC(b) depends on a ^ b alone. So a
/// server that changes 25 bytes of 64 KiB corrects the checksum by the *remainder* of the changed
/// bits, shifted over the bytes behind them, without reading those. The old checksum's errors stay:
/// a corrupt frame stays corrupt.

#include <cstddef>
#include <cstdint>
#include <span>

namespace netecho {

/// Returns the CRC-32C of `data`. `seed` is the CRC of what precedes it: crc32c(b, crc32c(a)) is
/// the CRC of a followed by b.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> data,
                                   std::uint32_t seed = 0) noexcept;

/// Returns the linear part of the CRC, without initial and final inversion, so remainder(a ^ b) ==
/// remainder(a) ^ remainder(b), and leading zero bytes change nothing.
[[nodiscard]] inline std::uint32_t crc32c_remainder(std::span<const std::byte> data) noexcept {
  return ~crc32c(data, ~0U);
}

/// Returns the remainder of data followed by `zero_bytes` zeros, from the remainder of data:
/// multiplies by x^(8 * zero_bytes) mod P, in at most four steps (two below 64 KiB).
[[nodiscard]] std::uint32_t crc32c_shift(std::uint32_t remainder,
                                         std::uint32_t zero_bytes) noexcept;

/// Returns the CRC (not the remainder) of data followed by `zero_bytes` zeros, from that of data.
[[nodiscard]] inline std::uint32_t crc32c_append_zeros(std::uint32_t crc,
                                                       std::uint32_t zero_bytes) noexcept {
  return ~crc32c_shift(~crc, zero_bytes);
}

/// A shift over one number of zero bytes, made once and used for many remainders.
class Crc32cShift {
 public:
  explicit Crc32cShift(std::uint32_t zero_bytes) noexcept;
  /// Returns the remainder of `data` followed by the zeros.
  [[nodiscard]] std::uint32_t remainder(std::span<const std::byte> data) const noexcept;
  /// The same without special instructions.
  [[nodiscard]] std::uint32_t remainder_table(std::span<const std::byte> data) const noexcept;

 private:
  std::uint32_t factor_;  ///< See crc_shift_factor().
};

/// These do the same without special instructions. The functions above fall back to them.
[[nodiscard]] std::uint32_t crc32c_table(std::span<const std::byte> data,
                                         std::uint32_t seed = 0) noexcept;
[[nodiscard]] std::uint32_t crc32c_shift_table(std::uint32_t remainder,
                                               std::uint32_t zero_bytes) noexcept;

/// Whether this CPU has the instructions (x86-64: SSE4.2 and PCLMULQDQ).
[[nodiscard]] bool crc32c_is_accelerated() noexcept;

}  // namespace netecho
