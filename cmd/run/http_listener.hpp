#pragma once

/// \file
/// The socket on which figures and pages are asked for (`serve --metrics`, `watch --listen`).

#include <string>

#include "core/base/unique_fd.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// Returns a listening socket: bound to a numeric `ADDR:PORT` (`127.0.0.1:9470`, `[::1]:0`), or the
/// one that the service manager passed as `sd:NAME`. `option` ("--metrics") is named in errors.
/// Throws a usage Error for other words and for an inherited socket of another kind, and SysError
/// (connect: the port is taken; permission).
[[nodiscard]] UniqueFd open_http_listener(const std::string& where, const std::string& option);

/// Returns the address as a URL has it: `127.0.0.1:9470`, `[::1]:9470`.
[[nodiscard]] std::string url_host(const SocketAddress& address);

}  // namespace netecho
