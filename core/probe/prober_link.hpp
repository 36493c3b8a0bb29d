#pragma once

/// \file
/// The connection of a flow and its port, from the first attempt to the last word. All that a port
/// may be able to do beyond sending and receiving is asked for here.
///
/// How long a connection is kept:
/// - A datagram socket is made again when a send fails in a way that a new one could mend (this
///   host's address or interface changed, the peer's socket is another one), and after a minute
///   without a reply (its name may stand for another address now). Until the new one stands the old
///   one is used, unless both would need the same port.
/// - A stream or record connection that drops ends its flow; the ticks that it never had are
///   accounted for when the run ends. With Reconnect::yes it is made again instead, and so is one
///   that has been silent for a time-out.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/facts/events.hpp"
#include "core/probe/prober.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

/// Its port is watched while the connection stands, and on destruction no longer.
class Link {
 public:
  /// `target`, `options` and `waiter` outlive it. The waiter knows its port by `id`.
  Link(const ProbeTarget& target, const ProbeOptions& options, Waiter& waiter,
       std::uint32_t id) noexcept;
  ~Link() { stop_watching(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] bool connected() const noexcept { return watched_; }
  /// There was a connection.
  [[nodiscard]] bool stood() const noexcept { return stood_; }
  /// One that is gone may have its port still.
  [[nodiscard]] bool has_port() const noexcept { return connection_.port != nullptr; }
  [[nodiscard]] bool can_reopen() const noexcept { return target_.reopen != nullptr; }
  /// Whether a connection that is gone is made again.
  [[nodiscard]] bool reconnects() const noexcept {
    return target_.reopen && (is_datagram() || options_.reconnect == Reconnect::yes);
  }
  [[nodiscard]] const std::optional<Duration>& connect_time() const noexcept {
    return connection_.connect_time;
  }

  /// Has the kernel stamp the messages of a new port, if that is asked for, and keep the stamps of
  /// the last `kept`. Before install(). Throws if there are no such stamps.
  void prepare(MessagePort& port, std::size_t kept) const;
  /// From now on this is the connection, and it is watched. `sent` probes left over those before,
  /// of which none is watched any more.
  void install(ProbeConnection connection, std::uint64_t sent);
  /// What has come that is no whole message yet is cut off by that; see unfinished().
  void stop_watching();
  /// REQUIRES: it is watched no longer.
  void close() noexcept { connection_.port.reset(); }

  /// When a new connection is to be looked after; kNever: none is being made.
  [[nodiscard]] Instant next_look() const noexcept { return reopen_at_.value_or(kNever); }
  [[nodiscard]] bool being_made() const noexcept { return reopen_at_.has_value(); }
  /// Whether the connection has to be gone before look() may begin to make the next.
  [[nodiscard]] bool gives_way() const noexcept { return !reopening_ && target_.one_at_a_time; }
  /// Begins to make a connection, or looks after the one that is being made. Returns it once it
  /// stands, and until then one without a port. Throws what a `Reopening` throws, which ends it.
  /// REQUIRES: can_reopen(), and not to be connected if gives_way().
  [[nodiscard]] ProbeConnection look(Instant now);
  /// A new connection is to be looked after from `now` on; or, after one that failed, after a pause
  /// that grows until something is heard.
  void reopen_at(Instant now) noexcept { reopen_at_ = now; }
  void reopen_later(Instant now) noexcept;
  /// There never was a connection: even the first attempt that fails is followed by a pause.
  void begin_without() noexcept;
  void look_no_more() noexcept { reopen_at_.reset(); }
  /// The same, and what is being made is given up.
  void give_up() noexcept;

  /// A probe that left at `sent` had no answer.
  void missed(Instant sent) noexcept {
    if (!unheard_since_) unheard_since_ = sent;
  }
  /// Something came back.
  void heard() noexcept {
    unheard_since_.reset();
    back_off_ = Duration::zero();
  }
  [[nodiscard]] bool silent() const noexcept { return unheard_since_.has_value(); }
  /// Ends a silence that has lasted too long. A stream or record connection is taken for dead then:
  /// returns true. A datagram socket is to be made again, as another address may be the right one
  /// now. REQUIRES: silent().
  [[nodiscard]] bool end_silence(Instant now) noexcept;
  /// Whether a failed send means that the connection is gone, and whether a new one may help.
  [[nodiscard]] static bool is_gone(const BatchResult& sent) noexcept;
  [[nodiscard]] bool new_one_may_help(int error) const noexcept;
  /// Whether an error met by receiving is that of one message.
  [[nodiscard]] static bool concerns_one_message(int error) noexcept;

  /// REQUIRES of all from here to kernel_sent(): there is a port.
  [[nodiscard]] MessagePort& port() noexcept { return *connection_.port; }
  BatchResult send(Batch& batch) noexcept { return connection_.port->send(batch); }
  BatchResult receive(Batch& batch) noexcept { return connection_.port->receive(batch); }
  /// Trains may come, and leave when the port takes them.
  [[nodiscard]] bool has_trains() const noexcept { return trains_; }
  [[nodiscard]] bool takes_train(Instant now) const noexcept {
    return trains_ && features_.trains->takes_trains(now);
  }
  /// The probes of a warm-up left over this port, too.
  void note_warm_ups(std::uint64_t sent) noexcept { warm_ups_sent_ = sent; }
  /// Whether the flow's probe of this number, from 1 on, left over this port, and when it did by
  /// the kernel's stamp.
  [[nodiscard]] bool carried(std::uint64_t probe) const noexcept { return probe > sent_before_; }
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t probe) const noexcept;

  /// After the port was used: the waiter is told if it waits for something else now.
  void tell_waiter();
  /// What the port holds of a message that is not whole; nothing where there are no echoes. Valid
  /// until it is used or closed.
  [[nodiscard]] std::span<const std::byte> unfinished() const noexcept;
  /// Who sent a message, which came in this slot of the last batch; null where that is not known.
  /// Valid until the next call. Allocates where every message is a connection, or one came from
  /// elsewhere.
  [[nodiscard]] const SocketDescription* sender_of(const Slot& message, std::size_t slot);
  /// Who of many sent a message; null where one peer is asked.
  [[nodiscard]] const Stations* stations() const noexcept { return features_.stations; }
  /// Says between whom the connection is, and what the kernel knows of it.
  void describe(Summary& summary) const;

 private:
  [[nodiscard]] bool is_datagram() const noexcept {
    return target_.target.socket_type == SocketType::datagram;
  }

  const ProbeTarget& target_;
  const ProbeOptions& options_;
  Waiter& waiter_;
  std::uint32_t id_;
  ProbeConnection connection_;
  Features features_;  ///< Those of its port.
  bool trains_ = false;
  bool watched_ = false;
  bool wants_write_ = false;  ///< The port, when the waiter was told last.
  bool stood_ = false;
  std::uint64_t sent_before_ = 0;    ///< Probes that left over earlier ports.
  std::uint64_t warm_ups_sent_ = 0;  ///< Over this one.

  std::optional<Instant> reopen_at_;
  std::unique_ptr<Reopening> reopening_;
  Instant reopening_since_{};
  Duration back_off_{};
  std::optional<Instant> unheard_since_;  ///< When the first probe left that had no reply so far.
  std::optional<SocketDescription> sender_;
};

}  // namespace netecho
