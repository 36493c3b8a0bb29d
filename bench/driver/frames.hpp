/// \file
/// Requests of netecho's own protocol, which a server stamps (docs/wire-format.md): the figures of
/// a server that stamps beside those of one that only copies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

inline constexpr std::size_t kFrameBytes = 64;  ///< Header, stamp block, 8 bytes of payload.
inline constexpr std::size_t kFrameSequenceAt = 24;

/// Writes request number `sequence` of a session, with its checksum.
void write_frame(char* to, std::uint64_t session, std::uint64_t sequence) noexcept;

enum class FrameEcho : std::uint8_t { other, returned, stamped };

/// Whether kFrameBytes at `from` are that frame as it was sent, or as a server stamps it.
[[nodiscard]] FrameEcho read_frame(const char* from, std::uint64_t session,
                                   std::uint64_t sequence) noexcept;

}  // namespace bench
