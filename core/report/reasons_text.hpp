#pragma once

/// \file
/// Tells people why probes were not sent or not answered.

#include <string>

#include "core/facts/reply.hpp"
#include "core/facts/summary.hpp"

namespace netecho {

/// Returns a line for each reason: "  2 not sent: message too long (EMSGSIZE)".
[[nodiscard]] std::string reason_lines(const Summary& summary);

/// Returns "  note: what came is no echo: …", with what to do; empty if nothing came, or an echo.
[[nodiscard]] std::string foreign_line(const Summary& summary);

/// Returns what follows the status of one reply: ": host, from 192.0.2.1 (ICMP type 3, code 1,
/// EHOSTUNREACH)" behind "unreachable"; empty if nobody said anything.
[[nodiscard]] std::string reason_of(const ReplyEvent& reply);

}  // namespace netecho
