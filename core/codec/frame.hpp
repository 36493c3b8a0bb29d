#pragma once

/// \file
/// This is the netecho frame, version 1; integers are big-endian. docs/wire-format.md has the
/// vectors.
///
///    0        4     5      6       8        12         16        24         32          56
///    | magic  | ver | type | flags | length | checksum | session | sequence | stamp (24) | payload
///    … | tag (16) |
///
/// The functions are pure: bytes in, values out; no I/O, no clock, no allocation. They are safe on
/// hostile input.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
inline constexpr std::size_t kFrameChecksumAt = 12;
inline constexpr std::size_t kFrameChecksumBytes = 4;
inline constexpr std::size_t kFrameSequenceAt = 24;
inline constexpr std::size_t kFrameMaxBytes = 65'536;

enum class FrameType : std::uint8_t { request = 1, reply = 2 };

/// A stamping server fills these: Unix times in ns, and how many distinct frames of this session it
/// has received (0: unknown).
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

/// The first fields: magic, version, type, flags and length. Stream framing looks at no more before
/// the frame is complete.
struct FramePrefix {
  FrameType type = FrameType::request;
  bool stamped = false;
  bool authenticated = false;
  std::uint32_t length = 0;
};
/// Whether a message begins with the magic. Most messages that are no frame are found by this
/// alone, in the least time.
[[nodiscard]] inline bool has_frame_magic(std::span<const std::byte> message) noexcept {
  return message.size() >= kFrameMagic.size() &&
         std::memcmp(message.data(), kFrameMagic.data(), kFrameMagic.size()) == 0;
}

/// Looks at the first 12 bytes only. Fewer are `truncated` as long as they can begin a frame, so a
/// stream that is not one is known at its first wrong byte. Leaves `out` unchanged unless the
/// result is ok.
[[nodiscard]] DecodeStatus decode_prefix(std::span<const std::byte> bytes,
                                         FramePrefix& out) noexcept;

/// Decodes a whole frame: bytes.size() must equal its length field (`truncated` when smaller,
/// `bad_length` when larger). Verifies the checksum, not the tag. Leaves `out` unchanged unless the
/// result is ok.
[[nodiscard]] DecodeStatus decode_frame(std::span<const std::byte> bytes,
                                        FrameHeader& out) noexcept;

/// A frame with these parts has at least 32 bytes, 56 with a stamp, 48 with a tag, 72 with both.
[[nodiscard]] constexpr std::uint32_t frame_minimum(bool stamped, bool authenticated) noexcept {
  return static_cast<std::uint32_t>(kFrameHeaderBytes + (stamped ? kFrameStampBytes : 0) +
                                    (authenticated ? kFrameTagBytes : 0));
}

/// Whether the beginning of a frame says so far that it is authenticated. Looks at nothing else.
[[nodiscard]] bool claims_tag(std::span<const std::byte> head) noexcept;

/// Reads whose frame it is, without any check. REQUIRES: at least 32 bytes.
struct FrameKey {
  std::uint64_t session = 0;
  Sequence sequence;
};
[[nodiscard]] FrameKey read_frame_key(std::span<const std::byte> head) noexcept;

/// Reads the stamp block, without any check. REQUIRES: at least 56 bytes, and a frame with stamps.
void read_frame_stamp(std::span<const std::byte> head, FrameStamp& out) noexcept;

/// What the checksum field of a whole frame has to be. REQUIRES: at least 32 bytes.
[[nodiscard]] std::uint32_t frame_checksum(std::span<const std::byte> frame) noexcept;

/// Whether it is that. REQUIRES: the same.
[[nodiscard]] bool checksum_matches(std::span<const std::byte> frame) noexcept;

/// Writes header, stamp block and checksum into `frame`, whose size is header.length and whose
/// payload (and tag) is already in place. REQUIRES: frame.size() == header.length, and
/// frame_minimum(…) <= header.length <= kFrameMaxBytes.
void encode_frame(const FrameHeader& header, std::span<std::byte> frame) noexcept;

/// Computes the checksum anew. REQUIRES: at least 32 bytes.
void write_checksum(std::span<std::byte> frame) noexcept;

/// Makes it type 2 and leaves the checksum to whoever signs it. REQUIRES: at least 32 bytes.
void set_reply_type(std::span<std::byte> frame) noexcept;

/// Turns a request into a reply in place: type 2 and the stamp block, and the checksum by XOR with
/// the shifted CRC of the changed bytes, so that a corrupt request stays corrupt. `head` is at
/// least the first 56 bytes of a frame of `frame_length` bytes whose prefix decoded as a stamped
/// request.
void stamp_frame(std::span<std::byte> head, std::uint32_t frame_length,
                 const FrameStamp& stamp) noexcept;

}  // namespace netecho
