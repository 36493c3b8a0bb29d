#pragma once

/// \file
/// Echoes one byte stream over a network that is bad on purpose (--impair): late, slow, with
/// flipped bits. Nothing of a stream is lost, doubled or reordered; that is what a stream is for.

#include <memory>

#include "core/serve/alarm.hpp"
#include "core/serve/impaired_replies.hpp"
#include "core/serve/stream_echo.hpp"

namespace netecho {

/// Reads on while earlier bytes are under way, until their queue is full. What one read gives is
/// delayed together; all is sent in order.
class ImpairedStream final : public StreamConnection {
 public:
  /// Owns itself, like all connections. Throws before there is anything to clean up.
  static void start(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                    ConnectionPermit permit, ByteChannel channel);

  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  [[nodiscard]] bool stalled() const noexcept override { return blocked_; }

 private:
  ImpairedStream(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                 ConnectionPermit permit, ByteChannel channel, std::unique_ptr<Alarm> alarm);
  ~ImpairedStream() override = default;

  void pass_on(std::span<const std::byte> bytes) noexcept override;
  void read() noexcept;
  /// Returns false when the connection is gone.
  [[nodiscard]] bool take(std::span<const std::byte> bytes) noexcept;
  void send() noexcept;
  void wait() noexcept;
  [[nodiscard]] bool may_read() const noexcept;
  [[nodiscard]] std::size_t bite_of_link() const noexcept;

  ImpairmentSpec spec_;  ///< What of it a stream can suffer.
  std::uint64_t endpoint_number_;
  std::uint64_t first_ordinal_;
  ImpairedQueue queue_;
  std::unique_ptr<Alarm> alarm_;
  std::uint64_t position_ = 0;  ///< Where the next byte is in the stream.
  std::uint64_t parts_ = 0;
  bool blocked_ = false;  ///< The socket is full.
};

}  // namespace netecho
