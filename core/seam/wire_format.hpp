#pragma once

/// \file
/// How a transport says which wire format its messages have: by a name, under which the server has
/// a responder and the prober a format.

#include <string_view>

namespace netecho {

/// The frames of netecho (docs/wire-format.md).
inline constexpr std::string_view kFrames = "netecho";
/// Frames of the Ethernet Configuration Testing Protocol, which a server only sends on. What they
/// carry to a client is told by its port.
inline constexpr std::string_view kForwardedFrames = "ctp";

}  // namespace netecho
