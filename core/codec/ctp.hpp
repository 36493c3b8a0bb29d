#pragma once

/// \file
/// The Ethernet Configuration Testing Protocol (DIX Ethernet 2.0, section 8; ethertype 0x9000). Its
/// integers are little-endian.
///
///    0           2
///    | skipCount | messages, one behind the other; the one at skipCount is to be executed
///
///    Forward Data: | 02 00 | forward address (6) |                  8 bytes, then the next message
///    Reply:        | 01 00 | receipt number (2)  | data
///
/// A probe is a Forward Data to its sender, and a Reply with the payload. The station that executes
/// the first sends the frame back with skipCount 8, so that the second is next.
///
/// The functions are pure: bytes in, values out; no I/O, no clock, no allocation. They are safe on
/// hostile input.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/mac_address.hpp"

namespace netecho {

inline constexpr std::uint16_t kCtpEthertype = 0x9000;
inline constexpr std::size_t kCtpForwardBytes = 8;
/// A probe has so many bytes before its payload.
inline constexpr std::size_t kCtpProbeHeadBytes = 14;
/// An Ethernet frame carries at least this much.
inline constexpr std::size_t kCtpLeastBytes = 46;
/// Every station that speaks CTP listens to this multicast address: loopback assistance.
inline constexpr MacAddress kCtpAssistance{{0xCF, 0, 0, 0, 0, 0}};

/// What becomes of a frame that reached a station.
enum class CtpVerdict : std::uint8_t {
  forward,
  malformed,  ///< skipCount is odd or points past the end, or nobody knows such a message.
  reply,      ///< A Reply is to be executed: for whoever asked, not for a server.
  group,      ///< It would go to many, or one frame for many asks for more than one hop.
  own,        ///< It would go to this station itself.
  hops,       ///< It asks for more hops than are allowed, those behind it included.
};

/// How a frame came to a station.
struct CtpArrival {
  MacAddress self;        ///< The station's own address.
  bool for_many = false;  ///< It came by multicast or broadcast.
  std::size_t hops = 1;   ///< How many hops a frame may have in all.
};

struct CtpDecision {
  CtpVerdict verdict = CtpVerdict::malformed;
  MacAddress to;  ///< With `forward`: where it goes.
};

/// Decides on the data of a frame, the Ethernet header not included. Looks at no more messages than
/// hops are allowed, and one.
[[nodiscard]] CtpDecision judge_ctp(std::span<const std::byte> data,
                                    const CtpArrival& arrival) noexcept;

/// Moves on to the next message: skipCount += 8. REQUIRES: judge_ctp() said `forward`.
void advance_ctp(std::span<std::byte> data) noexcept;

/// Writes what is in front of a probe's payload. REQUIRES: room for kCtpProbeHeadBytes.
void write_ctp_probe(std::span<std::byte> head, const MacAddress& self,
                     std::uint16_t receipt) noexcept;

/// Returns the receipt number of a frame that begins as the answer to a probe of `self`; none for
/// any other. Looks at the first kCtpProbeHeadBytes only.
[[nodiscard]] std::optional<std::uint16_t> read_ctp_answer(std::span<const std::byte> head,
                                                           const MacAddress& self) noexcept;

}  // namespace netecho
