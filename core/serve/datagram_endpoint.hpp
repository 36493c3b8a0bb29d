#pragma once

/// \file
/// Serves a bound datagram socket from its first message to the end of the drain.

#include <memory>

#include "core/seam/message_port.hpp"
#include "core/serve/responder.hpp"

namespace netecho {

struct EndpointImpairment;

/// The server reaches its datagram sockets by this; messages take another way in (on_events).
class DatagramEndpoint : public EventHandler {
 public:
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

/// Its replies leave at once. While the socket is full, nothing more is read.
[[nodiscard]] std::unique_ptr<DatagramEndpoint> direct_datagrams(const ServedEndpoint& endpoint,
                                                                 std::unique_ptr<MessagePort> port);
/// Its replies have a fate each. `impairment` outlives it.
[[nodiscard]] std::unique_ptr<DatagramEndpoint> impaired_datagrams(
    const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
    std::unique_ptr<MessagePort> port);

}  // namespace netecho
