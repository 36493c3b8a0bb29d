#pragma once

/// \file
/// Echoes message sockets, and counts exactly what is answered and what is dropped for which
/// reason: received = echoed + dropped.

#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "core/serve/receive_rest.hpp"
#include "core/serve/responder.hpp"
#include "core/serve/server_shared.hpp"

namespace netecho {

/// Counts what has left, and traces it: slots [first, next), except those marked.
void count_answers(const BatchResult& sent, Batch& batch, std::size_t first,
                   const MessageSource& source) noexcept;
/// Drops and counts what is left of `batch`: it was received and will never be sent.
void drop_unsent(Batch& batch, DropReason reason, const MessageSource& source) noexcept;
/// Says why a message whose send failed was dropped.
[[nodiscard]] DropReason send_drop_reason(int error) noexcept;

enum class Answered : std::uint8_t { all, socket_full, closed };

/// Sends what is left of `batch`; a message that cannot be sent is dropped and counted.
[[nodiscard]] Answered send_answers(Batch& batch, MessagePort& port,
                                    const MessageSource& source) noexcept;

/// This is what a server does with a bound datagram socket.
class DatagramEndpoint : public EventHandler {
 public:
  /// So many full batches in a row are read before other sockets get their turn.
  static constexpr int kBatchesPerEvent = 16;

  virtual ~DatagramEndpoint() = default;
  /// Reads no more, and sends what was read as soon as the socket takes it.
  virtual void begin_drain() noexcept = 0;
  /// Reads and sends no more; what was to be sent is dropped. Safe to call twice.
  virtual void stop() noexcept = 0;
  [[nodiscard]] virtual bool stopped() const noexcept = 0;
  /// Updates those counters of its endpoint that only the port knows.
  virtual void update_stats() noexcept = 0;
  /// Serves this port from now on. What the old one has not taken is counted as not sent.
  virtual void replace(std::unique_ptr<MessagePort> port) noexcept = 0;
  /// Returns the socket that is served; -1 once stopped.
  [[nodiscard]] virtual int fd() const noexcept = 0;
};

/// Makes a batch for such a socket. Under max_accepts it has one slot, so that no message is
/// received and left unanswered.
[[nodiscard]] std::size_t datagram_slots(const ServerOptions& options) noexcept;
[[nodiscard]] std::size_t datagram_slot_bytes(const SocketDescription& endpoint) noexcept;

/// Returns what the kernel dropped for a port with these `drops` and for those that it replaced;
/// none if it does not tell.
[[nodiscard]] std::optional<std::uint64_t> drops_of(const Drops* drops,
                                                    std::uint64_t before) noexcept;

/// Watches a port that has replaced another. Returns false if that failed, which it reports.
[[nodiscard]] bool watch_again(ServerShared& shared, const MessagePort& port, std::uint32_t events,
                               EventHandler& handler) noexcept;

/// Answers at once. It owns its batch: what a full socket does not take stays there, and nothing
/// more is read meanwhile. Only this one takes trains, as an impaired reply has a fate of its own.
class DatagramEcho final : public DatagramEndpoint {
 public:
  DatagramEcho(const ServedEndpoint& endpoint, std::unique_ptr<MessagePort> port);
  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  void stop() noexcept override;
  [[nodiscard]] bool stopped() const noexcept override { return stopped_; }
  void update_stats() noexcept override;
  void replace(std::unique_ptr<MessagePort> port) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return stopped_ ? -1 : port_->fd(); }

 private:
  void finish_batch() noexcept;
  /// Sends what is left of the batch. Returns false if the socket is full.
  [[nodiscard]] bool send_batch() noexcept;
  [[nodiscard]] MessageSource source() const noexcept {
    return {shared_, endpoint_, features_.senders};
  }

  ServerShared& shared_;
  EndpointStats& endpoint_;
  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  std::uint64_t drops_before_ = 0;  ///< The drops of ports that were replaced.
  Batch batch_;
  bool writing_ = false;  ///< The rest of the batch waits for the socket.
  bool draining_ = false;
  bool stopped_ = false;
  ReceiveRest rest_;
};

}  // namespace netecho
