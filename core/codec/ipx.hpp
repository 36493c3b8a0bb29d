#pragma once

/// \file
/// Novell's IPX and the two echoes that are spoken over it. Its integers are big-endian.
///
///    0          2        4                   5      6             18       30
///    | checksum | length | transport control | type | destination | source | data
///
/// An address is | net (4) | node (6) | socket (2) |. The checksum is FFFF (there is none), the
/// length that of header and data, transport control counts the routers on the way. Behind the
/// packet a frame may have padding.
///
///    the echo of XNS, socket 0002, type 2:     | operation (2): 1 request, 2 reply | data
///    the ping of NLSP, socket 9086, type 0, 4: | "Ping" | 1 | 0 request, 1 reply | id (2) |
///                                                result | reserved | data
///
/// A head is all that is in front of the data of an echo: what the frame has in front of the packet
/// (core/codec/ipx_framing.hpp), the header, and the fields of the echo.
///
/// The functions are pure: bytes in, values out; no I/O, no clock, no allocation. They are safe on
/// hostile input.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/mac_address.hpp"
#include "core/codec/ipx_framing.hpp"

namespace netecho {

inline constexpr std::size_t kIpxHeaderBytes = 30;
/// What an echo and a ping have in front of their data.
inline constexpr std::size_t kIpxEchoBytes = 2;
inline constexpr std::size_t kIpxPingBytes = 10;
/// No head is longer: SNAP and a ping.
inline constexpr std::size_t kIpxMostHeadBytes = kMostLinkBytes + kIpxHeaderBytes + kIpxPingBytes;
inline constexpr std::uint16_t kIpxEchoSocket = 0x0002;
inline constexpr std::uint16_t kIpxPingSocket = 0x9086;
inline constexpr MacAddress kIpxBroadcast{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};

struct IpxAddress {
  std::uint32_t net = 0;  ///< 0: this segment.
  MacAddress node;
  std::uint16_t socket = 0;
  bool operator==(const IpxAddress&) const = default;
};

/// Whether an echo to this socket is a ping, which has a number beside its data.
[[nodiscard]] constexpr bool is_ipx_ping(std::uint16_t socket) noexcept {
  return socket == kIpxPingSocket;
}

/// How many bytes the head of an echo to this socket has.
[[nodiscard]] std::size_t ipx_head_bytes(Framing framing, std::uint16_t socket) noexcept;

/// How many bytes of padding make a packet with so much data even, as IPX wants it: 0 or 1.
[[nodiscard]] std::size_t ipx_padding(std::size_t data_bytes) noexcept;

/// Says in a head how much data is behind it. REQUIRES: a head of write_ipx_request() or
/// answer_ipx(), and no more data than fits a length of 16 bits.
void set_ipx_data_bytes(std::span<std::byte> head, Framing framing,
                        std::size_t data_bytes) noexcept;

/// What a client asks: whom, and as whom.
struct IpxQuestion {
  Framing framing = Framing::ethernet2;
  IpxAddress to;  ///< Its socket is that of an echo; its node may be one of many.
  IpxAddress from;
};

/// Writes the head of a request. `number` is the id of a ping; an echo carries none.
/// REQUIRES: room for ipx_head_bytes().
void write_ipx_request(std::span<std::byte> head, const IpxQuestion& question, std::uint16_t number,
                       std::size_t data_bytes) noexcept;

/// What an answer says of itself.
struct IpxAnswer {
  IpxAddress from;
  std::size_t data_bytes = 0;
  std::optional<std::uint16_t> number{};  ///< Of a ping.
};

/// Reads a frame that answers a question; none if it begins as anything else. Looks at the first
/// ipx_head_bytes() only.
[[nodiscard]] std::optional<IpxAnswer> read_ipx_answer(std::span<const std::byte> head,
                                                       const IpxQuestion& question) noexcept;

/// What becomes of a packet that reached a server.
enum class IpxVerdict : std::uint8_t {
  answer,
  malformed,  ///< Cut, with a length that lies or a checksum, or nobody knows such a request.
  group,      ///< It comes from a multicast or broadcast address.
  own,        ///< It comes from this station itself.
  reply,      ///< It is an answer, to whoever asked.
  elsewhere,  ///< It is for another node or net.
  hops,       ///< It passed as many routers as a packet may.
};

/// How a frame came to a station.
struct IpxArrival {
  MacAddress from;             ///< The frame's sender.
  MacAddress self;             ///< The station's own address.
  std::uint32_t net = 0;       ///< The station's; 0: whichever it is asked as.
  std::uint16_t protocol = 0;  ///< As the kernel tells it.
};

struct IpxDecision {
  IpxVerdict verdict = IpxVerdict::malformed;
  std::optional<IpxAddress> from{};  ///< None: there is no whole header.
  Framing framing = Framing::ethernet2;
  // With `answer`: where the data is.
  std::size_t head_bytes = 0;
  std::size_t data_bytes = 0;
};

/// Decides on the data of a frame, the Ethernet header not included.
[[nodiscard]] IpxDecision judge_ipx(std::span<const std::byte> frame,
                                    const IpxArrival& arrival) noexcept;

/// Turns the head of a request into that of its answer, which comes from `self`. REQUIRES:
/// judge_ipx() said `answer`, and so many bytes of head.
void answer_ipx(std::span<std::byte> head, Framing framing, const MacAddress& self) noexcept;

}  // namespace netecho
