#pragma once

/// \file
/// TCP: listeners on every address of an endpoint, connections as in RFC 8305.

#include "protocols/registry.hpp"

namespace netecho {

[[nodiscard]] Backend tcp_backend() noexcept;

/// Listeners take urgent data in line, so that no byte is lost. Also for inherited ones.
void prepare_tcp_listener(int fd, std::string_view subject);

}  // namespace netecho
