#pragma once

/// \file
/// What the network says of a message that did not arrive: an ICMP error (RFC 792, RFC 4443), and
/// who said it.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/ip_number.hpp"

namespace netecho {

/// The numbers of types and codes are those of one version: 3 is "unreachable" in the one and "time
/// exceeded" in the other.
enum class IcmpVersion : std::uint8_t { v4, v6 };

struct IcmpError {
  IpNumber from;  ///< Who said it.
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  IcmpVersion version = IcmpVersion::v4;
  bool operator==(const IcmpError&) const = default;
};

/// What programs go by (docs/json.md).
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
/// For people: "administratively prohibited", "host unreachable", "ICMP error".
[[nodiscard]] std::string_view phrase_of(const IcmpError& error) noexcept;

/// Room for what the kernel tells of one queued error beside the message that it quotes.
inline constexpr std::size_t kQueuedErrorBytes = 256;

/// An entry of a socket's error queue (ip(7), IP_RECVERR), as recvmsg(MSG_ERRQUEUE) gave it.
struct QueuedError {
  int error = 0;                    ///< errno; 0: the entry is none.
  std::optional<IcmpError> icmp{};  ///< None of an error that this host met by itself.
};
[[nodiscard]] QueuedError queued_error(msghdr& header) noexcept;

/// Whether a TCP socket keeps the ICMP errors that end its connecting. Only until it is connected:
/// afterwards errors that pass, or are forged, would end the connection. Best effort.
enum class IcmpErrors : std::uint8_t { ignored, kept };
void keep_icmp_errors(int fd, int family, IcmpErrors kept) noexcept;
/// Takes the first of those kept.
[[nodiscard]] std::optional<IcmpError> take_icmp_error(int fd) noexcept;

/// Why, for people, with the errno's name: "administratively prohibited, from 192.0.2.1
/// (EHOSTUNREACH)", "message too long (EMSGSIZE)". REQUIRES: error != 0.
[[nodiscard]] std::string reason_text(int error, const std::optional<IcmpError>& icmp);
/// The text without the errno's name, as an Error wants its reason.
[[nodiscard]] std::string plain_reason(int error, const std::optional<IcmpError>& icmp);

}  // namespace netecho
