#pragma once

/// \file
/// The ICMP echo message (RFC 792; RFC 4443, section 4). Integers are big-endian.
///
///    0      1      2          4            6                 8
///    | type | code | checksum | identifier | sequence number | data …
///
/// The checksum is that of RFC 1071. Of IPv6 the kernel makes and checks it, as it does for all of
/// a ping socket; with a raw socket of IPv4 that is left to us. Such a socket's messages begin with
/// the IP header.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/net/icmp_error.hpp"

namespace netecho {

/// ping: a socket of which the kernel sets identifier and checksum, and which gets the replies with
/// that identifier only. raw: one that gets every ICMP message of this host.
enum class IcmpAccess : std::uint8_t { ping, raw };

/// What the messages of one socket look like.
struct EchoSocket {
  IcmpVersion version = IcmpVersion::v4;
  IcmpAccess access = IcmpAccess::ping;
  std::uint16_t id =
      0;  ///< Identifier of a raw socket's messages; the kernel knows a ping socket's.

  [[nodiscard]] constexpr bool sees_ip_header() const noexcept {
    return version == IcmpVersion::v4 && access == IcmpAccess::raw;
  }
};

inline constexpr std::size_t kEchoHeaderBytes = 8;
inline constexpr std::size_t kIpHeaderBytes = 20;      ///< Without options.
inline constexpr std::size_t kMostIpHeaderBytes = 60;  ///< With all that has room.
/// A received message is read in two pieces, so that its data lies at the start of the second.
inline constexpr std::size_t kMostHeadBytes = kIpHeaderBytes + kEchoHeaderBytes;

[[nodiscard]] constexpr std::size_t head_bytes(const EchoSocket& socket) noexcept {
  return socket.sees_ip_header() ? kMostHeadBytes : kEchoHeaderBytes;
}

using EchoHeader = std::array<std::byte, kEchoHeaderBytes>;

/// Writes the header of a request, with its checksum where the kernel does not make it.
[[nodiscard]] EchoHeader echo_request(const EchoSocket& socket, std::uint16_t number,
                                      std::span<const std::byte> data) noexcept;

/// A reply to one of this socket's requests.
struct EchoReply {
  std::uint16_t number = 0;
  std::size_t bytes = 0;  ///< Its data: so many at the start of `rest`.
};

/// Whether a message was cut because it was longer than its room.
enum class MessageCut : std::uint8_t { no, yes };

/// Reads what came, in two pieces: `head` has up to head_bytes(). None if it is no reply to this
/// socket, or damaged. Moves the data to the start of `rest` if an IP header had options. Safe on
/// hostile input.
[[nodiscard]] std::optional<EchoReply> read_echo_reply(const EchoSocket& socket,
                                                       std::span<const std::byte> head,
                                                       std::span<std::byte> rest,
                                                       MessageCut cut) noexcept;

/// Returns the number of the request that an error quotes, by its first kEchoHeaderBytes; none if
/// it is no request of this socket.
[[nodiscard]] std::optional<std::uint16_t> read_echo_quote(
    const EchoSocket& socket, std::span<const std::byte> quote) noexcept;

}  // namespace netecho
