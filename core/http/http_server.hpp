#pragma once

/// \file
/// A small HTTP server on a thread of its own, for figures and pages of this program: GET and HEAD,
/// and limits on all that a peer may take of it.

#include <memory>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"
#include "core/http/http_message.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// What peers may take; tests take less.
struct HttpLimits {
  Duration request = std::chrono::seconds{5};  ///< From accept until the request is whole.
  Duration answer = std::chrono::seconds{30};  ///< From then until the answer is out.
  int connections = 64;                        ///< Further ones wait in the kernel's queue.
};

/// Answers one request a connection, so that a peer that is silent keeps no place for long. A
/// request is refused if it is larger than 8 KiB, has a body, is malformed, or if it came to a
/// loopback address under another name (DNS rebinding). Every answer forbids that it is stored,
/// sniffed or framed, and is compressed if its reader asks for that. Further connections wait in
/// the kernel's queue: those that hold a place do so for 35 seconds at most, and a reader that
/// waits loses nothing, while an answer of 503 would take the descriptor and the time that are
/// missing.
class HttpServer {
 public:
  /// Takes a listening stream socket and begins to answer. The handler lives as long as this.
  /// Throws Error (internal) if the thread or the loop cannot be had.
  HttpServer(UniqueFd listener, HttpHandler handler, HttpLimits limits = {});
  /// Cuts all answers and waits for the thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Returns where it listens, with the real port.
  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }

 private:
  class Impl;
  SocketAddress address_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace netecho
