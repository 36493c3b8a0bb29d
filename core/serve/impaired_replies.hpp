#pragma once

/// \file
/// Replies that leave over a network that is bad on purpose (--impair). They are impaired after the
/// stamping. So to a client it looks like a bad way back, and the time that a reply is held is no
/// residence of the server.

#include <functional>
#include <utility>

#include "core/serve/alarm.hpp"
#include "core/serve/answers.hpp"
#include "core/serve/impaired_queue.hpp"

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

/// Holds the replies of one socket that are under way, and the alarm that has them sent.
class ImpairedReplies {
 public:
  /// Each reply has a fate of its own, so messages must come singly.
  static constexpr bool kTakesTrains = false;

  ImpairedReplies(const ServedEndpoint& endpoint, MessagePort& port,
                  const EndpointImpairment& impairment, std::uint64_t first_ordinal);

  /// `send` is called when something is due. REQUIRES: called before anything is taken.
  void on_due(std::function<void()> send) { alarm_.calls(std::move(send)); }

  /// Takes what the responder has left of `batch`, and decides the fate of each message.
  void take(Batch& batch) noexcept;

  /// Sends what is due, and sets the alarm for what is not. After `socket_full` it is the caller's
  /// turn to wait for the socket.
  [[nodiscard]] Sending send_due() noexcept;
  /// From now on all may leave at once.
  void rush() noexcept { queue_.rush(); }
  /// Sends all at once, as far as the socket takes it, and drops the rest.
  void finish() noexcept;
  /// What is under way leaves by this port from now on.
  void move_to(MessagePort& port) noexcept {
    port_ = &port;
    features_ = port.features();
  }
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
  Alarm alarm_;
  std::uint64_t ordinal_;
  std::uint64_t answered_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace netecho
