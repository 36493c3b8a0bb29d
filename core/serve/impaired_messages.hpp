#pragma once

/// \file
/// Echoes message sockets over a network that is bad on purpose (--impair). Replies are impaired
/// after the stamping. So to a client it looks like a bad way back, and the time that a reply is
/// held is no residence of the server.

#include <functional>

#include "core/serve/impaired_queue.hpp"
#include "core/serve/message_echo.hpp"
#include "core/serve/served_connection.hpp"

namespace netecho {

/// This is one endpoint's share of --impair.
struct EndpointImpairment {
  ImpairmentSpec spec;
  std::uint64_t endpoint = 0;  ///< Its place among the sockets of the server.

  /// The ordinals of a connection's messages start here, so that they do not depend on what other
  /// connections do. `number` counts the endpoint's connections from 0.
  [[nodiscard]] static constexpr std::uint64_t first_ordinal(std::uint64_t number) noexcept {
    return number << 40U;
  }
};

/// Holds the replies of one socket that are under way, and the timer that sends them.
class ImpairedReplies {
 public:
  ImpairedReplies(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                  MessagePort& port, std::uint64_t first_ordinal);

  /// This is called when something is due. It must be set before anything is taken.
  std::function<void()> on_due;

  /// What is under way leaves by this port, too.
  void use(MessagePort& port) noexcept {
    port_ = &port;
    features_ = port.features();
  }

  /// Takes what the responder has left of `batch`, and decides the fate of each message.
  void take(Batch& batch) noexcept;

  enum class Sending : std::uint8_t { caught_up, socket_full, closed };
  /// Sends what is due, and sets the timer for what is not. After `socket_full` it is the caller's
  /// turn to wait for the socket.
  Sending send_due() noexcept;
  /// From now on all may leave at once.
  void rush() noexcept { queue_.rush(); }
  /// Sends all at once, as far as the socket takes it, and drops the rest.
  void finish() noexcept;
  /// Drops all that is under way.
  void drop_all(DropReason reason) noexcept;

  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  /// How many messages were answered so far, and how many bytes with those of second copies.
  [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }

 private:
  enum class Step : std::uint8_t { done, nothing_due, socket_full, closed };
  Step send_one(Instant now) noexcept;
  void fill_slot(ImpairedMessage& message) noexcept;
  [[nodiscard]] MessageSource source() const noexcept {
    return {shared_, endpoint_, features_.senders};
  }

  ServerShared& shared_;
  EndpointStats& endpoint_;
  const EndpointImpairment& impairment_;
  MessagePort* port_;
  Features features_{port_->features()};
  ImpairedQueue queue_;
  std::unique_ptr<Reactor::Timer> timer_;
  std::uint64_t ordinal_;
  std::uint64_t answered_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

class ImpairedDatagrams final : public DatagramEndpoint {
 public:
  ImpairedDatagrams(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                    std::unique_ptr<MessagePort> port);
  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  void stop() noexcept override;
  [[nodiscard]] bool stopped() const noexcept override { return stopped_; }
  void update_stats() noexcept override;
  void replace(std::unique_ptr<MessagePort> port) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return stopped_ ? -1 : port_->fd(); }

 private:
  enum class Received : std::uint8_t { full_batch, all };
  Received receive() noexcept;
  void send() noexcept;
  [[nodiscard]] bool may_read() const noexcept;
  void watch() noexcept;

  ServerShared& shared_;
  EndpointStats& endpoint_;
  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  std::uint64_t drops_before_ = 0;  ///< The drops of ports that were replaced.
  Batch batch_;
  ImpairedReplies replies_;
  std::uint32_t watched_;
  std::uint64_t counted_ = 0;  ///< Answers that are in the server's total.
  bool blocked_ = false;       ///< The socket is full.
  bool draining_ = false;
  bool stopped_ = false;
  ReceiveRest rest_;
};

class ImpairedRecords final : public ServedConnection {
 public:
  /// Owns itself, like all connections. Throws before there is anything to clean up.
  static void start(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                    ConnectionPermit permit, std::unique_ptr<MessagePort> port);

  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  [[nodiscard]] bool stalled() const noexcept override { return blocked_; }

 private:
  ImpairedRecords(const ServedEndpoint& endpoint, ConnectionPermit permit,
                  std::unique_ptr<MessagePort> port, std::unique_ptr<ImpairedReplies> replies);
  ~ImpairedRecords() override = default;

  /// Returns false if the connection is gone.
  [[nodiscard]] bool receive() noexcept;
  void send() noexcept;
  void watch_what_matters() noexcept;
  void drop_unsent(DropReason reason) noexcept override { replies_->drop_all(reason); }

  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  std::unique_ptr<ImpairedReplies> replies_;
  std::uint32_t watched_;
  std::uint64_t counted_bytes_ = 0;
  bool blocked_ = false;    ///< The socket is full.
  bool peer_done_ = false;  ///< Nothing more comes; what is under way still goes.
  bool draining_ = false;
};

}  // namespace netecho
