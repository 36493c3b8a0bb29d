#pragma once

/// \file
/// TCP listens on every address of an endpoint, and connects as in RFC 8305.

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kTcpKind{
    .scheme = "tcp", .transport = "tcp", .type = SocketType::stream};

[[nodiscard]] Backend tcp_backend() noexcept;

/// Urgent data stays in line, so that no byte is lost; what a listener accepts takes this over.
void keep_urgent_data_inline(int fd, std::string_view subject, const SocketNotes& notes);

}  // namespace netecho
