#pragma once

/// \file
/// A connection that could not be made may have been ended by an ICMP error: a TCP socket tells its
/// errno, and its error queue who said what.

#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/net/icmp_error.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// Sets whether a TCP socket keeps the ICMP errors that end its connecting to `peer`, as far as the
/// kernel can (that of MPTCP cannot). Use it only until the socket is connected: later, errors that
/// pass or are forged would end the connection.
enum class IcmpErrors : std::uint8_t { ignored, kept };
void keep_icmp_errors(int fd, const SocketAddress& peer, IcmpErrors kept) noexcept;
/// Takes the first of the errors that were kept. None: this host, or the peer itself, ended it.
[[nodiscard]] std::optional<IcmpError> take_icmp_error(int fd) noexcept;

/// Connecting ended by what the network said. Its category is `connect`, whatever errno the kernel
/// makes of it: a router that prohibits it is a peer out of reach.
class UnreachableError final : public Error {
 public:
  UnreachableError(std::string operation, std::string subject, int error, const IcmpError& icmp);
  [[nodiscard]] const IcmpError& icmp() const noexcept { return icmp_; }

 private:
  IcmpError icmp_;
};

}  // namespace netecho
