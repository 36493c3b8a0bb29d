#pragma once

/// \file
/// Who may ping: a ping socket takes a group in `net.ipv4.ping_group_range`, which is the network
/// namespace's own and governs IPv6, too; a raw socket takes CAP_NET_RAW.

#include <string_view>

#include "core/base/unique_fd.hpp"
#include "core/net/socket_options.hpp"
#include "protocols/icmp/echo_message.hpp"

namespace netecho {

struct IcmpSocket {
  UniqueFd fd;
  EchoSocket echo;
};

/// Opens a ping socket or, where that is refused, a raw one with an identifier of its own, which
/// the kernel keeps all other messages from. Throws Error (permission) with the remedy, SysError.
[[nodiscard]] IcmpSocket open_icmp(IcmpVersion version, std::string_view subject,
                                   const SocketNotes& notes);

}  // namespace netecho
