#pragma once

/// \file
/// A payload by which a peer shows that it is there: a frame of netecho, which every echo server
/// returns.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/send/exchange.hpp"

namespace netecho {

inline constexpr std::size_t kFramePayloadBytes = 64;

/// Gives one frame (docs/wire-format.md) that asks for no stamps: a stamping server returns it as
/// it came, too, so that its echo can be compared byte for byte.
[[nodiscard]] std::unique_ptr<PayloadSource> frame_payload(std::uint64_t session,
                                                           std::uint64_t sequence);

}  // namespace netecho
