#pragma once

/// \file
/// The checksums of frames that differ in sequence and stamp block alone, without reading the rest
/// of each: a CRC is affine (crc32c.hpp).

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/units.hpp"
#include "core/codec/crc32c.hpp"

namespace netecho {

/// A prober knows what its probes and their answers have in common, and compares that byte by byte.
/// What is left of the checksum then is that of the few bytes that differ.
class FrameChecksums {
 public:
  /// They are those of all frames that are like this one, but for what stands from the sequence to
  /// `varying_end` (32: the sequence alone, 56: the stamp block, too), and for the checksum field.
  /// REQUIRES: 32 <= varying_end <= frame.size() <= kFrameMaxBytes.
  FrameChecksums(std::span<const std::byte> frame, std::size_t varying_end) noexcept;

  /// What the checksum field of such a frame has to be, and whether it is that. REQUIRES: as many
  /// bytes as that frame has.
  [[nodiscard]] std::uint32_t of(const std::byte* frame) const noexcept;
  [[nodiscard]] bool match(const std::byte* frame) const noexcept;
  /// Numbers such a frame, and writes its checksum. REQUIRES: the same.
  void set_sequence(std::byte* frame, Sequence sequence) const noexcept;

 private:
  std::size_t varying_bytes_;
  Crc32cShift shift_;    ///< Over what stands behind the varying bytes.
  std::uint32_t fixed_;  ///< The checksum if all varying bytes were zero.
};

}  // namespace netecho
