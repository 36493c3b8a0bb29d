#pragma once

/// \file
/// TCP, and what is used just as TCP is, listens on every address of an endpoint and connects as in
/// RFC 8305. What differs between them is the kind of their sockets and the options that these
/// have.

#include "protocols/registry.hpp"

namespace netecho {

struct TcpLike {
  SocketKind kind;
  SocketOptionSet serve_options = 0;
  SocketOptionSet client_options = 0;
};

[[nodiscard]] std::string parse_tcp_like(std::string_view rest, const RestContext& context);

/// These do what the members of a Backend do, with sockets `as` TCP or its like has them.
[[nodiscard]] std::vector<Served> serve_tcp_like(const TcpLike& as, const Endpoint& endpoint,
                                                 const ServeOptions& options);
[[nodiscard]] Connection connect_tcp_like(const TcpLike& as, const Endpoint& endpoint,
                                          const ConnectOptions& options);
[[nodiscard]] std::unique_ptr<MessagePort> connect_port_tcp_like(const TcpLike& as,
                                                                 const Endpoint& endpoint,
                                                                 const ConnectOptions& options);

/// Urgent data stays in line, so that no byte is lost; what a listener accepts takes this over.
void keep_urgent_data_inline(int fd, std::string_view subject, const SocketNotes& notes);

}  // namespace netecho
