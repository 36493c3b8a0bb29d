#pragma once

/// \file
/// What a message port may be able to do beyond sending and receiving. Each ability is a small
/// interface, which a port implements if it has it. Features says which those are, so that an
/// engine asks once, and a port that wraps another one passes on all of them at once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/peer_ref.hpp"

namespace netecho {

/// Several messages of one peer pass the kernel as one (UDP_SEGMENT, UDP_GRO; udp(7)).
class Trains {
 public:
  /// From now on slots may be trains, both when sent and when received into a batch of
  /// kTrainSlotBytes a slot. False: this kernel has no trains.
  virtual bool accept_trains() noexcept = 0;
  /// Whether a train may be sent now, as the only slot of a batch. Client ports: if send() then
  /// gives `ok` without a message, the train was refused, and its messages are to be sent one by
  /// one. Server ports do that themselves, and take trains at any time.
  [[nodiscard]] virtual bool takes_trains(Instant now) const noexcept = 0;

 protected:
  ~Trains() = default;
};

/// The kernel stamps messages when they pass it (SO_TIMESTAMPING): a round trip between its stamps
/// is free of this process's system calls and wake-ups.
class Timestamping {
 public:
  /// From now on messages are stamped: Slot::kernel_at of those received, and kernel_sent() of the
  /// last `kept` (1 or more) sent. To be called once, before the first send; may take some
  /// milliseconds. Throws SysError.
  virtual void stamp_by_kernel(std::size_t kept) = 0;
  /// When message number `ordinal` left: from 0, those that send() said left. None if its stamp has
  /// not come, or was pushed out by later ones.
  [[nodiscard]] virtual std::optional<WallTime> kernel_sent(
      std::uint64_t ordinal) const noexcept = 0;

 protected:
  ~Timestamping() = default;
};

/// A port of many peers: an answer may be held back and leave with a later batch. A port of one
/// peer needs no such thing.
class Readdressing {
 public:
  /// Whom slot `index` of the last received batch answers, to be kept beyond that batch.
  [[nodiscard]] virtual PeerRef peer_ref(std::size_t index) const noexcept = 0;
  /// Slot `index` of the next send() answers this one, and Senders names it until the next
  /// receive().
  virtual void set_peer(std::size_t index, const PeerRef& peer) noexcept = 0;

 protected:
  ~Readdressing() = default;
};

/// The kernel counts what a full receive queue makes it drop (SO_RXQ_OVFL).
class Drops {
 public:
  /// How many buffers were dropped since the port was made, as far as the kernel told: it tells
  /// with the next message that comes in. A train is one buffer.
  [[nodiscard]] virtual std::uint64_t kernel_drops() const noexcept = 0;

 protected:
  ~Drops() = default;
};

/// Each message has a sender that can be named.
class Senders {
 public:
  /// Who sent slot `index` of the last received batch; of a port whose every message is a
  /// connection, whom that one reached. None if it has no name (an unnamed unix peer). Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> sender(std::size_t index) const = 0;

 protected:
  ~Senders() = default;
};

/// A client's two ends, which may be others than when it connected: a name has several addresses,
/// and a host may get a new one. The port of a connection that stays as it is needs no such thing.
class Path {
 public:
  /// Whom the port talks to now; of a port whose every message is a connection, whom the last one
  /// that stood reached. None if that is not known. Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> peer() const = 0;
  /// What it sends from now. None if that is not known, or differs from message to message.
  /// Allocates.
  [[nodiscard]] virtual std::optional<SocketDescription> local() const = 0;

 protected:
  ~Path() = default;
};

/// Several stations may answer one message.
class Stations {
 public:
  /// Who sent slot `index` of the last received batch.
  [[nodiscard]] virtual PeerRef station(std::size_t index) const noexcept = 0;
  /// The same in words. Allocates.
  [[nodiscard]] virtual SocketDescription description(const PeerRef& station) const = 0;

 protected:
  ~Stations() = default;
};

/// Messages are put together from what comes in any pieces (streams).
class Reassembly {
 public:
  /// What came and is no whole message yet; valid until the next receive().
  [[nodiscard]] virtual std::span<const std::byte> unfinished() const noexcept = 0;

 protected:
  ~Reassembly() = default;
};

/// What a port has: null is what it lacks. All of it belongs to the port and lives as long.
struct Features {
  Trains* trains = nullptr;
  Timestamping* timestamping = nullptr;
  Readdressing* readdressing = nullptr;
  Drops* drops = nullptr;
  Senders* senders = nullptr;
  Path* path = nullptr;
  Reassembly* reassembly = nullptr;
  Stations* stations = nullptr;
};

}  // namespace netecho
