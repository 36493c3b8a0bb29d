#pragma once

/// \file
/// This is what the server needs of a listening socket.

#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/unique_fd.hpp"
#include "core/net/ip_number.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

enum class AcceptStatus : std::uint8_t {
  accepted,
  would_block,
  retry,      ///< That one peer is gone (ECONNABORTED, EPROTO …): try the next.
  refused,    ///< Its source or user is none of those that may: closed again.
  exhausted,  ///< EMFILE, ENFILE, ENOBUFS, ENOMEM: pause, do not spin.
  failed,
};

struct [[nodiscard]] AcceptResult {
  AcceptStatus status = AcceptStatus::failed;
  int error = 0;
  /// Connections from this address are counted together; none for this host's loopback and for unix
  /// sockets.
  std::optional<IpNumber> source{};
};

/// This is a listening socket of a stream or record transport.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  /// Takes a new connection, non-blocking and close-on-exec, with the endpoint's options set.
  virtual AcceptResult accept(UniqueFd& out) noexcept = 0;
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Makes a port of an accepted connection for record transports (unixpacket). Streams: null.
  [[nodiscard]] virtual std::unique_ptr<MessagePort> make_port(UniqueFd connection) {
    static_cast<void>(connection);
    return nullptr;
  }
};

}  // namespace netecho
