#pragma once

/// \file
/// Binds a unix socket without ever destroying what is not ours.
///
/// The file is born with its mode (fchmod before bind, umask 0 around it): no moment with other
/// permissions, and no temporary name that peers would keep seeing. A file at the path is replaced
/// only if it is a socket of this user that nobody serves, seen twice. docs/endpoints.md says so.

#include <memory>
#include <string>

#include "core/base/unique_fd.hpp"
#include "core/net/socket_type.hpp"
#include "protocols/registry.hpp"

namespace netecho::unix_socket {

struct BoundFile {
  UniqueFd fd;
  std::shared_ptr<void> cleanup;  ///< Unlinks the file if it is still ours; empty if abstract.
};

/// Binds as serve does. Throws Error; Interrupted while it waits to see a stale socket twice.
[[nodiscard]] BoundFile bind_server(const Endpoint& endpoint, SocketType type,
                                    const ServeOptions& options);

/// Binds a client's socket to a path or @name, or (empty) to an abstract name that the kernel
/// picks, so that replies have somewhere to go. Returns what removes the path.
[[nodiscard]] std::shared_ptr<void> bind_client(int fd, const std::string& name);

}  // namespace netecho::unix_socket
