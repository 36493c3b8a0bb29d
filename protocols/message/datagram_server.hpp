#pragma once

/// \file
/// The server side of udp and unixgram: one bound socket, many peers, a system call a batch.

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <memory>

#include "core/transport.hpp"

namespace netecho {

enum class DatagramFamily : std::uint8_t { ip, unix_domain };

/// Peers, their addresses and the addresses they sent to stay in here, one a slot: send() answers
/// the peer that slot i came from, from the address it was sent to.
class DatagramServer final : public MessagePort {
 public:
  static constexpr std::size_t kSlots = 32;

  /// REQUIRES: bound and non-blocking; for ip, prepared by `prepare_udp_server`.
  DatagramServer(UniqueFd fd, DatagramFamily family);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] PeerRef peer_ref(std::size_t index) const noexcept override;
  void set_peer(std::size_t index, const PeerRef& peer) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] std::optional<SocketDescription> peer(std::size_t index) const override;

 private:
  /// Room for one in_pktinfo or in6_pktinfo, and a TTL beside it.
  static constexpr std::size_t kControlBytes = PeerRef::kReturnPathBytes;
  /// What one slot's message came with.
  struct Envelope {
    sockaddr_storage from;
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
    iovec payload;
    socklen_t from_size;
    std::size_t control_size;
  };

  void prepare(Batch& batch, std::size_t slots) noexcept;
  int receive_batch(std::size_t slots) noexcept;
  void take(Slot& slot, std::size_t index, Instant at) noexcept;
  std::size_t collect(Batch& batch) noexcept;
  int send_batch(std::size_t messages) noexcept;
  [[nodiscard]] bool is_old_error(int error) const noexcept;

  UniqueFd fd_;
  DatagramFamily family_;
  bool has_batch_calls_ = true;
  std::unique_ptr<std::array<Envelope, kSlots>> envelopes_;
  std::array<mmsghdr, kSlots> headers_{};
  std::array<std::size_t, kSlots> sending_{};  ///< Slot of each header in a send.
};

/// Sends a message larger than the socket's buffer allows by growing it; false if it cannot grow.
[[nodiscard]] bool grow_send_buffer(int fd, std::size_t bytes) noexcept;

}  // namespace netecho
