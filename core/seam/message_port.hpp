#pragma once

/// \file
/// An engine needs this of a socket that carries messages. Engines own this interface and
/// transports implement it; no sockaddr, scheme or flag of one protocol passes through here.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/io_result.hpp"
#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/peer_ref.hpp"

namespace netecho {

/// This is the outcome of one batch operation.
struct [[nodiscard]] BatchResult {
  IoStatus status = IoStatus::failed;
  std::size_t messages = 0;  ///< Moved by this call. A received train is one, a sent one many.
  int error = 0;             ///< errno when failed; of a send it belongs to slot `next`.
  std::size_t bytes = 0;     ///< Sent by this call; server ports only.
};

/// This is a message socket (udp, unixgram, unixpacket) of a server or client. Its virtual
/// functions are called once per batch.
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

  /// From now on slots may be trains, both when sent and when received into a batch of
  /// kTrainSlotBytes a slot. False: this transport or this kernel has no trains.
  virtual bool accept_trains() noexcept { return false; }
  /// Client ports: whether a train may be sent now, as the only slot of a batch. If send() gives
  /// `ok` without a message, the train was refused, and its messages are to be sent one by one.
  [[nodiscard]] virtual bool takes_trains(Instant now) const noexcept {
    static_cast<void>(now);
    return false;
  }

  /// The first returns whom slot `index` of the last received batch answers, to be kept beyond that
  /// batch; the second has slot `index` of the next send() answer it. Ports of one peer need
  /// neither.
  [[nodiscard]] virtual PeerRef peer_ref(std::size_t index) const noexcept {
    static_cast<void>(index);
    return {};
  }
  virtual void set_peer(std::size_t index, const PeerRef& peer) noexcept {
    static_cast<void>(index);
    static_cast<void>(peer);
  }

  [[nodiscard]] virtual int fd() const noexcept = 0;  ///< To be watched; owned by the port.
  /// True while accepted bytes still wait for the socket to be writable (stream adapters).
  [[nodiscard]] virtual bool wants_write() const noexcept { return false; }
  /// What came and is no whole message yet (stream adapters); valid until the next receive().
  [[nodiscard]] virtual std::span<const std::byte> unfinished() const noexcept { return {}; }
  /// Asks the kernel to stamp what is sent and received, and remembers the stamps of the last
  /// `kept` messages sent. Before the first send. False: this transport has no such stamps. Throws
  /// SysError.
  virtual bool stamp_by_kernel(std::size_t kept) {
    static_cast<void>(kept);
    return false;
  }
  /// How many messages the kernel dropped because the receive queue was full, as far as it told.
  [[nodiscard]] virtual std::optional<std::uint64_t> kernel_drops() const noexcept {
    return std::nullopt;
  }
  /// When message number `ordinal` left, by the kernel's stamp: from 0, those that send() said
  /// left.
  [[nodiscard]] virtual std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept {
    static_cast<void>(ordinal);
    return std::nullopt;
  }
  /// Who sent slot `index` of the last received batch; none for an unnamed unix peer. Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> peer(std::size_t index) const {
    static_cast<void>(index);
    return std::nullopt;
  }
  /// The address that is sent from, if it may change; none if it is that of the connection.
  /// Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> local() const { return std::nullopt; }
  /// Ports whose every message is a connection: whom the last connection that stood reached.
  /// Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> last_reached() const {
    return std::nullopt;
  }
};

}  // namespace netecho
