#pragma once

/// \file
/// What one probe carries, and what a reply turns out to be: the frame (docs/wire-format.md), or
/// below 32 bytes a pattern that is told by its content.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/units.hpp"
#include "core/codec/auth.hpp"
#include "core/codec/frame.hpp"

namespace netecho {

enum class ReadingKind : std::uint8_t {
  intact,   ///< One of our probes, as it was sent or stamped.
  damaged,  ///< Anything else; `sequence` if its header still tells which one it was.
  foreign,  ///< A frame of another session: not an answer to anything sent here.
  /// With a key: anything that does not prove to come from a server with it. Whoever sent it must
  /// not end a probe by it. `sequence` if it claims to answer one.
  unproven,
};

struct Reading {
  ReadingKind kind = ReadingKind::damaged;
  std::optional<Sequence> sequence{};
  std::optional<FrameStamp> stamp{};  ///< By a stamping server.
};

/// The probes of one session. Allocates at construction only. With a key they are authenticated,
/// and only a server that has the key, too, can answer them.
///
/// From 56 bytes on a probe is a frame with an empty stamp block, from 32 on one without; above
/// 65,536 bytes the frame is their beginning, and what follows is frames that ask for nothing, so
/// that a stamping server never loses framing (a rest below 32 bytes can be none). All that is not
/// header is the same in every probe of a session, so that nothing but a header has to be written
/// for a probe, or kept to check it. Below 32 bytes: the low bytes of the sequence (up to four, the
/// lowest first), then bytes that follow from session and sequence.
class ProbeContent {
 public:
  /// `slots`: how many probes can be at hand at once, 1 or more. They lie one behind the other.
  /// `key` outlives this; with one, REQUIRES 48 bytes or more.
  ProbeContent(std::uint32_t size_bytes, std::uint64_t session, std::size_t slots = 1,
               const AuthKey* key = nullptr);

  [[nodiscard]] bool has_frame() const noexcept { return frame_bytes_ != 0; }
  [[nodiscard]] bool has_stamp_block() const noexcept { return header_bytes_ > kFrameHeaderBytes; }

  /// The probe of `sequence`, valid until the next call for this slot.
  [[nodiscard]] std::span<std::byte> encode(Sequence sequence, std::size_t slot = 0) noexcept;

  /// What `message` is. `expected` is the probe to try first (without a frame: the one that is
  /// outstanding), `next` the next to be sent: none from there on can have been answered.
  [[nodiscard]] Reading read(std::span<const std::byte> message, Sequence expected,
                             Sequence next) const noexcept;
  /// The same of the beginning of a probe that an error message quotes: `intact` or `foreign`, or
  /// `damaged` when it is too short to tell.
  [[nodiscard]] Reading read_quote(std::span<const std::byte> quote,
                                   Sequence expected) const noexcept;

 private:
  [[nodiscard]] Reading read_frame(std::span<const std::byte> message) const noexcept;
  [[nodiscard]] bool is_pattern_of(Sequence sequence,
                                   std::span<const std::byte> message) const noexcept;
  void write_pattern(Sequence sequence, std::span<std::byte> to) const noexcept;

  /// Any slot's: they differ in their headers only.
  [[nodiscard]] std::span<const std::byte> probe() const noexcept {
    return std::span{storage_}.first(size_bytes_);
  }
  void fill_with_frames(std::span<std::byte> rest) noexcept;
  void write_frame(FrameHeader header, std::span<std::byte> to) const noexcept;
  [[nodiscard]] Reading unlike(std::span<const std::byte> message) const noexcept;
  [[nodiscard]] bool is_answer(const FrameHeader& header) const noexcept;
  [[nodiscard]] bool has_fixed_bytes(std::span<const std::byte> message,
                                     std::size_t from) const noexcept;
  [[nodiscard]] std::size_t tag_bytes() const noexcept { return key_ ? kFrameTagBytes : 0; }

  const AuthKey* key_;
  std::uint64_t session_;
  std::size_t size_bytes_;
  std::vector<std::byte> storage_;
  std::size_t frame_bytes_ = 0;  ///< 0: too small for a frame.
  std::size_t header_bytes_ = 0;
};

}  // namespace netecho
