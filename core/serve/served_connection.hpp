#pragma once

/// \file
/// All connections of `serve`, streams and records, have a number, counters, a place in the idle
/// order, and one way to end.

#include <limits>
#include <memory>

#include "core/serve/responder.hpp"

namespace netecho {

/// An open connection owns itself: finish() deletes it, so return at once after calling it.
class ServedConnection : public EventHandler, public ActivityLink {
 public:
  ServedConnection(const ServedConnection&) = delete;
  ServedConnection& operator=(const ServedConnection&) = delete;

  /// Sends what was read and then ends, as the server stops. Idle connections end at once.
  virtual void begin_drain() noexcept = 0;
  /// True while echoed bytes wait for a peer that does not read.
  [[nodiscard]] virtual bool stalled() const noexcept = 0;
  /// True once this side has finished and only waits for the peer's end.
  [[nodiscard]] virtual bool lingering() const noexcept { return false; }

  /// Whether the peer of a stalled connection has taken anything since the last call; true at the
  /// first call. Bytes that the kernel holds for it count, too.
  [[nodiscard]] bool peer_took_some() noexcept;
  /// Whether close() can lose what was echoed: TCP drops what the peer has not taken yet if the
  /// peer sends more, and resets the connection. A Unix socket keeps it.
  [[nodiscard]] bool close_loses() const noexcept;
  /// Marks it active.
  void touch() noexcept { list().touch(*this, shared_.now()); }
  /// Emits `close` and deletes this. `error` is an errno, or 0.
  void finish(CloseReason reason, int error = 0) noexcept;
  /// While stalled: returns since when.
  [[nodiscard]] Instant stalled_since() const noexcept { return age_.last_active; }
  [[nodiscard]] static ServedConnection& of_age(ActivityLink& link) noexcept {
    return *static_cast<Age&>(link).owner;
  }

 protected:
  /// Throws before anything refers to this. The constructors of derived classes must not throw
  /// after it.
  ServedConnection(const ServedEndpoint& endpoint, ConnectionPermit permit, int fd);
  virtual ~ServedConnection() = default;

  /// From now on only these events matter.
  void watch(std::uint32_t events) noexcept;
  /// Echoed bytes in `held_bytes` of memory wait until the peer takes some, which has a time limit
  /// of its own. Returns false if all that is stalled would hold more than it may, and this
  /// connection was ended for it …
  [[nodiscard]] bool begin_stall(std::size_t held_bytes) noexcept;
  /// … and wait no longer.
  void end_stall() noexcept;
  /// Counts bytes of this connection (not of its endpoint) and marks it active.
  void count(std::size_t rx_bytes, std::size_t tx_bytes) noexcept;
  /// Ends it because the peer has reset it or the socket has failed.
  void finish_failed(int error) noexcept;
  /// There is no memory for what this connection sent: it ends, and the others live on.
  void finish_without_memory() noexcept;
  /// Called at the end: what was received and not echoed is to be counted as dropped. The peer is
  /// gone or does not read.
  virtual void drop_unsent(DropReason /*reason*/) noexcept {}

  ServerShared& shared_;
  EndpointStats& endpoint_;

 private:
  /// This is its place in the order of stalled connections.
  struct Age : ActivityLink {
    ServedConnection* owner = nullptr;
  };
  /// Returns the list that this is in: the server's connections or its stalled ones.
  [[nodiscard]] ActivityList& list() noexcept {
    return age_.owner == nullptr ? shared_.open.reading : shared_.open.stalled;
  }
  [[nodiscard]] int not_taken() const noexcept;
  void let_go() noexcept;
  [[nodiscard]] CloseEvent close_event(CloseReason reason, int error) const;

  ConnectionPermit permit_;
  Age age_;  ///< Only in a list, and with an owner, while this is stalled.
  std::size_t held_bytes_ = 0;
  int fd_;                                                  ///< Owned by the derived class.
  int not_taken_before_ = std::numeric_limits<int>::max();  ///< When last asked.
  std::uint64_t number_;
  std::uint64_t rx_bytes_ = 0;
  std::uint64_t tx_bytes_ = 0;
  Instant opened_;
  /// For events, if they are wanted; a socket whose peer has gone no longer tells.
  std::unique_ptr<const SocketDescription> peer_;
  std::uint32_t watched_;
};

}  // namespace netecho
