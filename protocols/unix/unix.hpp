#pragma once

/// \file
/// Unix-domain sockets are streams, datagrams or records, and have paths or abstract names.

#include "protocols/registry.hpp"

namespace netecho::unix_socket {

/// "unix", "unixgram" or "unixpacket".
[[nodiscard]] SocketKind kind_of(SocketType type) noexcept;

[[nodiscard]] Backend stream_backend() noexcept;
[[nodiscard]] Backend datagram_backend() noexcept;
[[nodiscard]] Backend record_backend() noexcept;

/// Makes a served socket of a bound (and listening) descriptor; `endpoint` and `cleanup` are left
/// empty.
[[nodiscard]] Served make_served(UniqueFd fd, SocketType type, const ServeOptions& options);

/// Makes a connected, non-blocking socket; waits while the server's backlog is full. Throws Error,
/// Interrupted.
[[nodiscard]] UniqueFd connect_socket(const Endpoint& endpoint, SocketType type,
                                      const ConnectOptions& options);

/// Makes a datagram socket with a name of its own, so that the server has somewhere to answer to.
[[nodiscard]] Connection connect_unixgram(const Endpoint& endpoint, const ConnectOptions& options);

/// Lists socket files and directories that continue a path, and abstract names that continue "@…".
[[nodiscard]] std::vector<std::string> complete_name(std::string_view rest, SocketType type);

}  // namespace netecho::unix_socket
