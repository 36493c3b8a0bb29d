#include "core/codec/frame_checksums.hpp"

#include <array>
#include <cstdlib>

#include "core/codec/big_endian.hpp"
#include "core/codec/crc32c.hpp"
#include "core/codec/frame.hpp"

namespace netecho {
namespace {

/// REQUIRES: kFrameSequenceAt < varying_end <= frame.size().
std::uint32_t behind(std::span<const std::byte> frame, std::size_t varying_end) noexcept {
  const bool holds = frame.size() <= kFrameMaxBytes && varying_end <= frame.size() &&
                     varying_end >= kFrameHeaderBytes;
  if (!holds) std::abort();  // Our own bug, never a peer's.
  return static_cast<std::uint32_t>(frame.size() - varying_end);
}

}  // namespace

FrameChecksums::FrameChecksums(std::span<const std::byte> frame, std::size_t varying_end) noexcept
    : varying_bytes_{varying_end - kFrameSequenceAt},
      shift_{behind(frame, varying_end)},
      fixed_{frame_checksum(frame) ^
             shift_.remainder(frame.subspan(kFrameSequenceAt, varying_bytes_))} {}

std::uint32_t FrameChecksums::of(const std::byte* frame) const noexcept {
  return fixed_ ^ shift_.remainder({frame + kFrameSequenceAt, varying_bytes_});
}

bool FrameChecksums::match(const std::byte* frame) const noexcept {
  return of(frame) == load_big_endian<std::uint32_t>(frame + kFrameChecksumAt);
}

void FrameChecksums::set_sequence(std::byte* frame, Sequence sequence) const noexcept {
  store_big_endian(frame + kFrameSequenceAt, sequence.value);
  store_big_endian(frame + kFrameChecksumAt, of(frame));
}

}  // namespace netecho
