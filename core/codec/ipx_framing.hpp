#pragma once

/// \file
/// The four ways in which an Ethernet carries IPX, as the kernel tells and takes them: by a number
/// of its own (sll_protocol; linux/if_ether.h), and by what is in front of the packet.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/framing.hpp"

namespace netecho {

inline constexpr std::uint16_t kIpxEthertype = 0x8137;
/// A frame has a length instead of an ethertype, and FFFF behind it (ETH_P_802_3), or something
/// else (ETH_P_802_2).
inline constexpr std::uint16_t kLengthThenOnes = 1;
inline constexpr std::uint16_t kLengthThenLlc = 4;
/// What has a length has no more than this behind it.
inline constexpr std::size_t kMostBehindLength = 1500;
inline constexpr std::size_t kMostLinkBytes = 8;

[[nodiscard]] std::uint16_t link_protocol(Framing framing) noexcept;
/// Returns what is in front of the packet, kMostLinkBytes at most.
[[nodiscard]] std::span<const std::byte> link_head(Framing framing) noexcept;
/// Returns how a frame of this kind carries IPX; none if that is none. Safe on hostile input.
[[nodiscard]] std::optional<Framing> framing_of(std::uint16_t protocol,
                                                std::span<const std::byte> data) noexcept;

}  // namespace netecho
