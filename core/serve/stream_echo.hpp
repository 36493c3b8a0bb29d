#pragma once

/// \file
/// Echoes one byte stream: reads, stamps frames if asked to, and writes the same bytes back.

#include <limits>
#include <memory>

#include "core/codec/stream_framer.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/serve/served_connection.hpp"

namespace netecho {

/// Reads into the server's shared buffer and sends from there. It owns memory only while its peer
/// reads slowly, and reads nothing more until that is sent (back-pressure).
class StreamConnection : public ServedConnection {
 public:
  StreamConnection(const ServedEndpoint& endpoint, ConnectionPermit permit, ByteChannel channel);

  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  [[nodiscard]] bool stalled() const noexcept override { return unsent_ != nullptr; }
  [[nodiscard]] bool lingering() const noexcept override { return state_ == State::lingering; }

  /// What is held may be held so long. The time does not run while what is in front of it waits.
  [[nodiscard]] Instant held_until() const noexcept {
    if (unsent_ != nullptr) return kNever;
    return holding_since_ + (framer_.holds_frame() ? kWholeFrameLimit : kHoldLimit);
  }
  /// Sends what was held too long as it came, or ends the connection if it may not go out.
  void release_held() noexcept;

 protected:
  enum class State : std::uint8_t {
    open,
    peer_done,  ///< End of file received; what is unsent goes out, then the connection ends.
    draining,   ///< The server stops; what is unsent goes out, then linger.
    lingering,  ///< Our end is sent: read and discard, so that close() sends no RST.
  };
  enum class Received : std::uint8_t {
    bytes,
    refused,  ///< So are all bytes behind the ready ones: the connection is to be refused.
    nothing,
    peer_done,
    gone,
  };

  ~StreamConnection() override;
  /// Reads once, at most `bite`, and stamps. With `bytes` and `refused`, `ready` is what may go out
  /// now, in the server's buffer; it may be empty. After `gone` there is no connection any more.
  [[nodiscard]] Received receive(std::size_t bite, std::span<std::byte>& ready) noexcept;
  /// How much one read may take at most.
  [[nodiscard]] std::size_t bite() const noexcept;
  void discard() noexcept;
  /// The peer has ended its side: so does this one, behind all that is still to be sent.
  void on_peer_done() noexcept;
  /// Ends the connection, which sent what it had no right to have echoed.
  void refuse() noexcept;
  /// All that was to be sent is with the kernel.
  void on_flushed() noexcept;
  void count_sent(std::size_t bytes) noexcept;
  void stop_holding() noexcept;
  [[nodiscard]] bool recently_active() const noexcept;

  ByteChannel channel_;
  StreamFramer framer_;
  State state_ = State::open;

 private:
  static constexpr std::uint32_t kNotHolding = std::numeric_limits<std::uint32_t>::max();

  void echo_once() noexcept;
  [[nodiscard]] std::size_t put_held(std::span<std::byte> buffer) const noexcept;
  [[nodiscard]] Received treat(std::span<std::byte> bytes, std::span<std::byte>& ready) noexcept;
  void flush() noexcept;
  /// Sends what was held, and does what comes after that. Then the connection may be gone.
  virtual void pass_on(std::span<const std::byte> held) noexcept;
  /// Sends, and keeps what the socket does not take. Returns false if the connection is gone.
  [[nodiscard]] bool send_or_keep(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] bool keep(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] bool plain() const noexcept { return shared_.options.plain || framer_.is_plain(); }
  /// Stamps frames in place, and notes what is held.
  [[nodiscard]] FeedResult stamp(std::span<std::byte> bytes) noexcept;
  void count_received(std::size_t bytes) noexcept;
  void start_holding() noexcept;

  std::uint32_t holding_index_ = kNotHolding;
  Instant holding_since_{};
  std::unique_ptr<std::byte[]> unsent_;
  std::uint32_t unsent_begin_ = 0;
  std::uint32_t unsent_end_ = 0;
};

static_assert(sizeof(StreamConnection) <= 280, "there is one a connection");

}  // namespace netecho
