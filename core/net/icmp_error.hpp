#pragma once

/// \file
/// The network may say of a message that it did not arrive, by an ICMP error (RFC 792, RFC 4443),
/// and who says so.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/ip_number.hpp"

namespace netecho {

/// Types and codes have the numbers of one IP version: 3 is "unreachable" in IPv4 and "time
/// exceeded" in IPv6.
enum class IcmpVersion : std::uint8_t { v4, v6 };

struct IcmpError {
  IpNumber from;  ///< Who said it.
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  IcmpVersion version = IcmpVersion::v4;
  bool operator==(const IcmpError&) const = default;
};

/// Programs go by this name (docs/json.md).
enum class IcmpName : std::uint8_t {
  net_unreachable,
  host_unreachable,
  port_unreachable,
  fragmentation_needed,
  prohibited,
  time_exceeded,
  parameter_problem,
  packet_too_big,
  other,
};
[[nodiscard]] std::string_view to_string(IcmpName name) noexcept;
[[nodiscard]] IcmpName name_of(const IcmpError& error) noexcept;
/// Whether it says that a message was lost. Redirect and source quench are advice to its sender,
/// who is told of them by ping sockets alone.
[[nodiscard]] bool tells_of_loss(const IcmpError& error) noexcept;
/// People read these words: "administratively prohibited", "host unreachable", "ICMP error".
[[nodiscard]] std::string_view phrase_of(const IcmpError& error) noexcept;

/// The kernel needs so much room to describe one queued error, besides the message that it quotes.
inline constexpr std::size_t kQueuedErrorBytes = 256;

/// This is an entry of a socket's error queue (ip(7), IP_RECVERR), as recvmsg(MSG_ERRQUEUE) gave
/// it.
struct QueuedError {
  int error = 0;                    ///< errno; 0: the entry is none.
  std::optional<IcmpError> icmp{};  ///< None if this host met the error by itself.
};
[[nodiscard]] QueuedError queued_error(msghdr& header) noexcept;

/// Says why, for people, with the errno's name: "administratively prohibited, from 192.0.2.1
/// (EHOSTUNREACH)", "message too long (EMSGSIZE)". REQUIRES: error != 0.
[[nodiscard]] std::string reason_text(int error, const std::optional<IcmpError>& icmp);
/// Says the same without the errno's name, as an Error wants its reason.
[[nodiscard]] std::string plain_reason(int error, const std::optional<IcmpError>& icmp);

}  // namespace netecho
