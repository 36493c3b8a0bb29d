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
/// sniffed or framed, and is compressed if its reader asks for that.
///
/// When no place is left, further connections wait in the kernel's queue, which takes no descriptor
/// and loses nothing, and connections that still ask for nothing give way. So those that only stay
/// open keep nobody out.
class HttpServer {
 public:
  /// Takes a listening stream socket of Internet addresses. All that a sandbox forbids is done
  /// here. Throws Error (internal) if there is no memory or descriptor for it.
  HttpServer(UniqueFd listener, HttpHandler handler, HttpLimits limits = {});
  /// Cuts all answers and waits for the thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Begins to answer, on a thread that gets no signals. Throws Error (internal) if there is none.
  /// REQUIRES: called once.
  void start();

  /// Returns where it listens, with the real port.
  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }

 private:
  class Impl;
  SocketAddress address_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace netecho
