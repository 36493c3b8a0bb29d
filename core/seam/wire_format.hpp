#pragma once

/// \file
/// How a transport says which wire format its messages have: by a name, under which the server has
/// a responder and the prober a format.

#include <string_view>

namespace netecho {

/// The frames of netecho (docs/wire-format.md).
inline constexpr std::string_view kFrames = "netecho";
/// The same, in messages beside which the transport carries the low bits of the sequence
/// (Slot::number): they tell one probe from another where it is too small for a frame.
inline constexpr std::string_view kNumberedFrames = "netecho, numbered";
/// Frames of the Ethernet Configuration Testing Protocol, which a server only sends on. To a client
/// they are numbered frames, too; it may also hear the answers to other clients of its link.
inline constexpr std::string_view kForwardedFrames = "ctp";

}  // namespace netecho
