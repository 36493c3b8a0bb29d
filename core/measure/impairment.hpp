#pragma once

/// \file
/// Decides for a bad network on purpose what happens to each message, as a pure function of a seed,
/// the endpoint and the message's number. The same seed is the same network on every machine.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/units.hpp"

namespace netecho {

/// A user asks for this; zero is off.
struct ImpairmentSpec {
  Duration delay{};
  Duration jitter{};  ///< Added to `delay`: uniform in [0, jitter).
  double loss = 0;    ///< These four are probabilities, 0 to 1.
  double dup = 0;
  double reorder = 0;
  double corrupt = 0;
  std::uint64_t rate = 0;               ///< Bytes a second; 0: no limit.
  std::optional<std::uint64_t> seed{};  ///< None: the caller is to choose one. As if 0 until then.

  /// What only whole messages can suffer: a stream has no part that may be missing.
  [[nodiscard]] bool needs_messages() const noexcept { return loss > 0 || dup > 0 || reorder > 0; }
  /// What a stream can suffer, too.
  [[nodiscard]] bool suits_streams() const noexcept {
    return delay > Duration::zero() || jitter > Duration::zero() || corrupt > 0 || rate > 0;
  }
};

/// Reads `delay=20ms,jitter=5ms,loss=1%,dup=0.1%,reorder=1%,corrupt=0.1%,rate=1MB,seed=42`: any of
/// them in any order, each at most once, but not the seed alone.
[[nodiscard]] Parsed<ImpairmentSpec> parse_impairment(std::string_view text);

/// What becomes of one message.
///
/// Each of the four is drawn by itself, so the messages that `loss=1%` loses are the same whatever
/// else is asked for; then a lost message is nothing else, and a corrupt one is neither duplicated
/// nor reordered. (Whoever receives a corrupt copy beside a whole one could not count both.)
struct MessageFate {
  bool lost = false;
  bool corrupt = false;
  bool duplicated = false;
  bool reordered = false;
  Duration delay{};              ///< The spec's delay and this message's share of the jitter.
  std::uint64_t corrupt_at = 0;  ///< Random bits: which one flips, see corrupt_message().

  bool operator==(const MessageFate&) const = default;
};

/// Is pure and does not allocate. Neighboring numbers have unrelated fates.
[[nodiscard]] MessageFate fate(const ImpairmentSpec& spec, std::uint64_t endpoint,
                               std::uint64_t ordinal) noexcept;

/// Flips the bit of `message` that `corrupt_at` means. The bit is behind byte 32 if possible, so
/// that the prober of a netecho frame can still read which frame was damaged. (Of exactly 32 bytes
/// it is in the checksum, of fewer in the last byte.) REQUIRES: a message that is not empty.
void corrupt_message(std::span<std::byte> message, std::uint64_t corrupt_at) noexcept;

/// A stream is corrupted by the positions of its bytes, however they were read: in each block of
/// this size one bit flips with the probability `corrupt`.
inline constexpr std::uint64_t kStreamBlockBytes = 1024;

/// Flips what is to be flipped in the bytes that stand at `position` of a stream, and says how many
/// bits that were. `first` is the ordinal of the stream's first block.
std::uint32_t corrupt_stream(std::span<std::byte> bytes, std::uint64_t position,
                             const ImpairmentSpec& spec, std::uint64_t endpoint,
                             std::uint64_t first) noexcept;

}  // namespace netecho
