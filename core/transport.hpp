#pragma once

/// \file
/// What engines need of a transport. Engines own these interfaces, protocols implement them;
/// no sockaddr, scheme or flag of one protocol passes through here.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/base/io_result.hpp"
#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/icmp_error.hpp"
#include "core/net/ip_number.hpp"

namespace netecho {

/// Whom a message answers, to be kept beyond the batch that it came with. What the bytes mean is
/// the port's own business; engines copy it, and ask whether two are of the same peer.
class PeerRef {
 public:
  static constexpr std::size_t kAddressBytes = sizeof(sockaddr_storage);
  static constexpr std::size_t kReturnPathBytes = 64;

  /// The only peer of a connection.
  PeerRef() noexcept = default;
  /// What does not fit is cut off. `return_path` is how to answer (from which local address), and
  /// no part of who it is.
  PeerRef(std::span<const std::byte> address, std::span<const std::byte> return_path) noexcept;

  [[nodiscard]] std::span<const std::byte> address() const noexcept {
    return std::span{address_}.first(address_size_);
  }
  [[nodiscard]] std::span<const std::byte> return_path() const noexcept {
    return std::span{return_path_}.first(return_path_size_);
  }
  [[nodiscard]] bool same_peer(const PeerRef& other) const noexcept;

 private:
  std::array<std::byte, kAddressBytes> address_{};
  std::array<std::byte, kReturnPathBytes> return_path_{};
  std::uint8_t address_size_ = 0;
  std::uint8_t return_path_size_ = 0;
};

/// The prefix of all loopback sources together.
inline constexpr std::uint64_t kLoopbackPrefix = 1;

/// Why a port says that a message must not be answered.
enum class Refusal : std::uint8_t {
  none,
  no_return_address,  ///< Its sender has no address to answer to (unixgram).
  source_port,        ///< From a port that belongs to a service.
  not_unicast,        ///< From or to a multicast or broadcast address.
  hop_limit,          ///< It has no hop left for a reply.
  loop,               ///< The mark of another server on this host.
  not_allowed,        ///< Its source or user is none of those that may.
};

/// What a train may have at most, so that every kernel that knows trains takes it.
inline constexpr std::size_t kTrainMessages = 64;
inline constexpr std::size_t kTrainBytes = 65'507;
/// Room for any train that comes in.
inline constexpr std::size_t kTrainSlotBytes = 65'536;

/// One message in a batch, or a train: several messages of one peer, each but the last of the same
/// size, that pass the kernel as one (`segment_size` != 0).
struct Slot {
  std::byte* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t segment_size = 0;       ///< 0: one message. Else every segment but the last has it.
  Instant at{};                         ///< Received (T4) or sent (T1): next to the system call.
  std::optional<WallTime> kernel_at{};  ///< Received, by the kernel's stamp; see stamp_by_kernel().
  int error = 0;  ///< Client ports: errno of a failed earlier send; data is its payload.
  /// With `error`: what the network said, and who; the port's own, until its next receive().
  const IcmpError* icmp = nullptr;
  /// Server ports: who is limited together with its sender, a network prefix; 0: not limited.
  std::uint64_t source_prefix = 0;
  bool truncated = false;  ///< The message was longer than the slot.
  Refusal refused = Refusal::none;
  bool skip = false;  ///< Not to be sent; set by the engine, with its reason counted.

  [[nodiscard]] bool is_train() const noexcept { return segment_size != 0 && size > segment_size; }
  /// How many messages it is.
  [[nodiscard]] std::size_t segments() const noexcept {
    return segment_size == 0 ? 1 : (size + segment_size - 1) / segment_size;
  }
  /// The first of a train's messages, or the only one.
  [[nodiscard]] Slot first_message() const noexcept {
    Slot out = *this;
    if (is_train()) out.size = segment_size;
    out.segment_size = 0;
    return out;
  }
  /// Leaves what is behind these bytes.
  void cut_front(std::uint32_t bytes) noexcept {
    data += bytes;
    size -= bytes;
  }
};

/// A fixed arena of message slots, allocated once (lazily backed: an untouched slot costs nothing).
///
/// receive() fills slots [0, count) and sets next = 0; send() sends [next, count) and advances
/// next. Slot i answers the peer that slot i came from, so the engine never reorders slots.
class Batch {
 public:
  Batch(std::size_t slot_count, std::size_t slot_bytes);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  [[nodiscard]] std::span<Slot> slots() noexcept { return slots_; }
  [[nodiscard]] std::span<Slot> filled() noexcept { return std::span{slots_}.first(count); }
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  /// Where slot i's bytes live; receive() resets Slot::data to it.
  [[nodiscard]] std::byte* storage(std::size_t index) const noexcept;

  std::size_t count = 0;  ///< Slots in use.
  std::size_t next = 0;   ///< First slot that send() has still to send.

 private:
  std::size_t slot_bytes_;
  std::byte* arena_;
  std::vector<Slot> slots_;
};

/// Outcome of one batch operation.
struct [[nodiscard]] BatchResult {
  IoStatus status = IoStatus::failed;
  std::size_t messages = 0;  ///< Moved by this call. A received train is one, a sent one many.
  int error = 0;             ///< errno when failed; of a send it belongs to slot `next`.
  std::size_t bytes = 0;     ///< Sent by this call; server ports only.
};

/// A message socket: udp, unixgram, unixpacket; server and client side. Virtual once a batch.
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

  /// From now on slots may be trains: received into a batch of kTrainSlotBytes a slot, and sent.
  /// False: this transport or this kernel has none.
  virtual bool accept_trains() noexcept { return false; }
  /// Client ports: whether a train may be sent now, as the only slot of a batch. `ok` with no
  /// message says that it was refused: its messages are to be sent by themselves.
  [[nodiscard]] virtual bool takes_trains(Instant now) const noexcept {
    static_cast<void>(now);
    return false;
  }

  /// Whom slot `index` of the last received batch answers, to be kept beyond that batch; and the
  /// way to have slot `index` of the next send() answer it. Ports of one peer need neither.
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
  /// Messages that the kernel dropped because the receive queue was full, as far as it told.
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
  /// The address that is sent from, where it may change; else the connection's holds. Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> local() const { return std::nullopt; }
  /// Ports whose every message is a connection: whom the last one that stood reached. Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> last_reached() const {
    return std::nullopt;
  }
};

/// A connected byte stream, non-blocking. tcp and unix make the same calls: nothing is virtual.
class ByteChannel final {
 public:
  explicit ByteChannel(UniqueFd fd) noexcept : fd_{std::move(fd)} {}

  [[nodiscard]] IoResult read_some(std::span<std::byte> into) const noexcept;  ///< EOF: closed.
  [[nodiscard]] IoResult write_some(std::span<const std::byte> from) const noexcept;
  void shutdown_write() const noexcept { ::shutdown(fd_.get(), SHUT_WR); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void close() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
};

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
  /// Of an accepted one: the address whose connections are counted together; none for this host's
  /// loopback and for unix sockets.
  std::optional<IpNumber> source{};
};

/// A listening socket of a stream or record transport.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  /// A new connection, non-blocking and close-on-exec, with the endpoint's options set.
  virtual AcceptResult accept(UniqueFd& out) noexcept = 0;
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Record transports (unixpacket): a port over an accepted connection. Streams: null.
  [[nodiscard]] virtual std::unique_ptr<MessagePort> make_port(UniqueFd connection) {
    static_cast<void>(connection);
    return nullptr;
  }
};

/// What one bound socket of `serve` is: a listener, a message socket, or (inherited from inetd)
/// one connected stream.
using ServedSocket =
    std::variant<std::unique_ptr<Acceptor>, std::unique_ptr<MessagePort>, ByteChannel>;

struct Served {
  ServedSocket socket;
  /// The same endpoint for each further thread: a socket that shares its port, or the same socket.
  /// Fewer than there are threads if it can't be shared.
  std::vector<ServedSocket> siblings{};
  SocketDescription endpoint;  ///< As bound: the real port.
  bool inherited = false;
  bool records = false;  ///< An Acceptor whose connections carry records: use make_port().
  /// Removes what binding created (the socket file), if it is still ours. May be empty.
  std::shared_ptr<void> cleanup{};
  /// All of its sockets are bound to this interface: they are dead when it is. Empty: to none.
  std::string interface {};
  /// Binds all of them once more, to the same address and to the interface that has this name now;
  /// from one thread. Throws Error. Null: this process can't.
  std::function<Served()> bind_again{};
};

/// A client's connection (or connected message socket).
struct Connection {
  std::variant<ByteChannel, std::unique_ptr<MessagePort>> socket;
  SocketDescription peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;  ///< None where connecting exchanges nothing (datagrams).
};

/// Who is at the other end of a connected descriptor, and who we are; none if unnamed. `scheme` is
/// the family ("tcp", "unixpacket"); allocates: for events and summaries only.
[[nodiscard]] std::optional<SocketDescription> describe_peer(int fd);
[[nodiscard]] std::optional<SocketDescription> describe_local(int fd);

}  // namespace netecho
