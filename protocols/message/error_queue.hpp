#pragma once

/// \file
/// The error queue of a client's datagram socket (ip(7), IP_RECVERR): errors, each with the message
/// that it is about, and between them the stamps of what was sent.

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <span>

#include "core/net/icmp_error.hpp"
#include "core/net/kernel_stamps.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// This is what one entry says. A stamp is no error: from nowhere, number 0.
struct QuotedError {
  int error = 0;
  std::optional<IcmpError> icmp{};  ///< None: no error of the network.
  SocketAddress destination{};      ///< The message that is quoted went there.
  std::size_t bytes = 0;            ///< So many bytes of that message are in `into`.
};

/// Takes the first entry; false if there is none. A stamp goes to `stamps`, which may be null.
[[nodiscard]] bool read_queued_error(int fd, KernelStamps* stamps, std::span<iovec> into,
                                     QuotedError& out) noexcept;

}  // namespace netecho
