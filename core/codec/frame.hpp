#pragma once

/// \file
/// The netecho frame, version 1; integers are big-endian. docs/wire-format.md has the vectors.
///
///    0        4     5      6       8        12         16        24         32          56
///    | magic  | ver | type | flags | length | checksum | session | sequence | stamp (24) | payload
///    …
///
/// Pure: bytes in, values out; no I/O, no clock, no allocation. Safe on hostile input.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/units.hpp"

namespace netecho {

inline constexpr std::array<std::uint8_t, 4> kFrameMagic{0x89, 0x4E, 0x45, 0x43};
inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 32;
inline constexpr std::size_t kFrameStampBytes = 24;
inline constexpr std::size_t kFrameStampedHeaderBytes = 56;
inline constexpr std::size_t kFrameTagBytes = 16;
inline constexpr std::size_t kFrameMaxBytes = 65'536;

enum class FrameType : std::uint8_t { request = 1, reply = 2 };

/// Filled by a stamping server: Unix time in ns, and distinct frames received in this session
/// (0: unknown).
struct FrameStamp {
  std::uint64_t received_unix_ns = 0;
  std::uint64_t sent_unix_ns = 0;
  std::uint64_t count = 0;
  bool operator==(const FrameStamp&) const = default;
};

struct FrameHeader {
  FrameType type = FrameType::request;
  bool authenticated = false;
  std::uint32_t length = 0;  ///< Bytes of the whole frame.
  std::uint64_t session = 0;
  Sequence sequence;
  std::optional<FrameStamp> stamp;
  bool operator==(const FrameHeader&) const = default;
};

enum class DecodeStatus : std::uint8_t {
  ok,
  truncated,  ///< So far a frame, but bytes are missing.
  bad_magic,
  bad_version,
  bad_type,
  bad_flags,
  bad_length,
  bad_checksum,
};

/// Fixed fields only: magic, version, type, flags, length. Needs 12 bytes; no checksum, no stamp.
/// What stream framing looks at before the frame is complete.
struct FramePrefix {
  FrameType type = FrameType::request;
  bool stamped = false;
  bool authenticated = false;
  std::uint32_t length = 0;
};
[[nodiscard]] DecodeStatus decode_prefix(std::span<const std::byte> bytes,
                                         FramePrefix& out) noexcept;

/// A whole frame: bytes.size() must equal its length field. Verifies the checksum. Leaves `out`
/// unchanged unless the result is ok.
[[nodiscard]] DecodeStatus decode_frame(std::span<const std::byte> bytes,
                                        FrameHeader& out) noexcept;

/// Writes header, stamp block and checksum into `frame`, whose size is header.length and whose
/// payload is already in place. REQUIRES: frame.size() == header.length, within the limits of
/// wire.md.
void encode_frame(const FrameHeader& header, std::span<std::byte> frame) noexcept;

/// Re-encodes only `sequence` of an already encoded request, updating the checksum by the linearity
/// of CRC: what a prober does a probe.
void set_frame_sequence(std::span<std::byte> frame, Sequence sequence) noexcept;

/// Turns a request into a reply in place: type 2 and the stamp block, and the checksum by XOR with
/// the shifted CRC of the changed bytes, so that a corrupt request stays corrupt. `head` is at
/// least the first 56 bytes of a frame of `frame_length` bytes whose prefix decoded as a stamped
/// request.
void stamp_frame(std::span<std::byte> head, std::uint32_t frame_length,
                 const FrameStamp& stamp) noexcept;

}  // namespace netecho
