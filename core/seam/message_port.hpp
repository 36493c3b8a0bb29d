#pragma once

/// \file
/// An engine needs this of a socket that carries messages. Engines own this interface and
/// transports implement it; no sockaddr, scheme or flag of one protocol passes through here.

#include <cstddef>

#include "core/base/io_result.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/features.hpp"

namespace netecho {

/// This is the outcome of one batch operation.
struct [[nodiscard]] BatchResult {
  IoStatus status = IoStatus::failed;
  std::size_t messages = 0;  ///< Moved by this call. A received train is one, a sent one many.
  int error = 0;             ///< errno when failed; of a send it belongs to slot `next`.
  std::size_t bytes = 0;     ///< Sent by this call; server ports only.
};

/// This is a message socket (udp, unixgram, unixpacket) of a server or client. Its virtual
/// functions are called once per batch. What only some ports can do is in features.hpp.
class MessagePort {
 public:
  virtual ~MessagePort() = default;

  /// Takes what is there, without waiting: `ok` with messages >= 1, `would_block`, `closed`
  /// (seqpacket's end of file), or `failed`. An empty datagram is a message of size 0.
  virtual BatchResult receive(Batch& batch) noexcept = 0;

  /// Sends what is left of the batch, without waiting, and says how many left; the rest stays.
  /// Sets Slot::at to T1, read next to the system call. `failed` concerns slot `next`, of a train
  /// its first message, which the caller drops (++next, cut_front()) before it goes on.
  ///
  /// Server ports send the messages of a train that is refused one by one, and cut what has left
  /// off its front.
  virtual BatchResult send(Batch& batch) noexcept = 0;

  [[nodiscard]] virtual int fd() const noexcept = 0;  ///< To be watched; owned by the port.
  /// True while accepted bytes still wait for the socket to be writable (stream adapters).
  [[nodiscard]] virtual bool wants_write() const noexcept { return false; }

  /// Says what else this port can do; always the same. Engines ask once, when they get the port.
  [[nodiscard]] virtual Features features() noexcept { return {}; }
};

}  // namespace netecho
