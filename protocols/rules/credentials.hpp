#pragma once

/// \file
/// Tells who is at the other end of a unix socket (unix(7)): of a connection by SO_PEERCRED, of a
/// datagram by the credentials that the kernel attaches to it, which its sender cannot forge.

#include <sys/socket.h>

#include "core/net/socket_address.hpp"
#include "core/net/source_rules.hpp"

namespace netecho::unix_socket {

/// There is room for one ucred and nothing else, so the kernel closes descriptors that are sent
/// along.
inline constexpr std::size_t kCredentialBytes = CMSG_SPACE(sizeof(ucred));

/// Returns the rule for a socket bound to `local`.
[[nodiscard]] UserRule user_rule(const SourceRules& rules, const SocketAddress& local);

/// Whether the peer of a connection may use the server.
[[nodiscard]] bool admits_connection(UserRule& rule, int fd) noexcept;
/// Whether the sender of a received datagram may use it. REQUIRES: SO_PASSCRED on its socket.
[[nodiscard]] bool admits_datagram(UserRule& rule, const msghdr& message) noexcept;

/// Has the kernel attach credentials to all that is received. Throws SysError.
void attach_credentials(int fd, std::string_view subject);

}  // namespace netecho::unix_socket
