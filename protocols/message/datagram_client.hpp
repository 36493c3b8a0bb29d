#pragma once

/// \file
/// A client of udp and unixgram has one connected socket.

#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/net/kernel_stamps.hpp"
#include "core/net/socket_address.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/message/datagram_server.hpp"
#include "protocols/message/error_queue.hpp"
#include "protocols/message/expected_messages.hpp"
#include "protocols/message/recent_messages.hpp"
#include "protocols/message/split_peers.hpp"

namespace netecho {

enum class DatagramFamily : std::uint8_t { ip, unix_domain };

/// T1 is read right before the call that sends, T4 right after the one that receives: while single
/// messages come they travel by plain send() and recv(), which add nothing in between.
///
/// ICMP errors are read from the socket's error queue, each with the payload that it quotes. A
/// target with several addresses leaves one that refuses before any reply for the next.
///
/// An error may quote only the first message of a train, and be the only one for all of it. So no
/// train leaves before there was a reply, nor soon after an error.
class DatagramClient final : public MessagePort, public Trains, public Timestamping, public Path {
 public:
  static constexpr std::size_t kSlots = 32;

  struct Config {
    DatagramFamily family = DatagramFamily::ip;
    SocketKind kind;
    /// The connected address, then those to try should it refuse. Of the socket's own family: an
    /// IPv6 socket for both families has IPv4 ones mapped.
    std::vector<SocketAddress> peers;
    std::shared_ptr<void> cleanup;  ///< Removes a path that was bound.
  };

  /// REQUIRES: connected to config.peers.front() and non-blocking.
  DatagramClient(UniqueFd fd, Config config);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override;
  bool accept_trains() noexcept override;
  [[nodiscard]] bool takes_trains(Instant now) const noexcept override;
  void stamp_by_kernel(std::size_t kept) override;
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override;
  [[nodiscard]] std::optional<SocketDescription> peer() const override;
  [[nodiscard]] std::optional<SocketDescription> local() const override;

 private:
  /// There is room for the size of a train's segments.
  struct alignas(cmsghdr) SegmentControl {
    std::array<std::byte, CMSG_SPACE(sizeof(int))> bytes;
  };

  /// What a call that sends many is given. Made for each: a client has few of these calls, or none.
  struct Outgoing {
    std::size_t messages;
    std::array<std::size_t, kSlots> slots;  ///< Where in the batch each message is.
    std::array<iovec, kSlots> payloads;
    std::array<mmsghdr, kSlots> headers;
  };

  [[nodiscard]] int receive_one(Batch& batch) noexcept;
  [[nodiscard]] int receive_many(Batch& batch) noexcept;
  [[nodiscard]] std::size_t read_errors(Batch& batch, std::size_t count) noexcept;
  [[nodiscard]] bool try_next_peer(const QuotedError& quoted,
                                   std::span<const std::byte> payload) noexcept;
  [[nodiscard]] bool connect_next() noexcept;
  [[nodiscard]] int send_one(Slot& slot) noexcept;
  [[nodiscard]] BatchResult send_train(Batch& batch) noexcept;
  [[nodiscard]] BatchResult send_singles(Batch& batch, Outgoing& outgoing) noexcept;
  [[nodiscard]] int send_many(Batch& batch, Outgoing& outgoing) noexcept;
  static void collect(const Batch& batch, Outgoing& outgoing) noexcept;

  UniqueFd fd_;
  Config config_;
  std::size_t current_ = 0;             ///< Index in config_.peers.
  bool may_move_ = false;               ///< No reply yet, and peers are left.
  std::optional<RecentMessages> sent_;  ///< None if there is only one peer.
  bool errors_pending_ = false;
  bool has_batch_calls_ = true;
  bool trains_ = false;       ///< They may come.
  bool answered_ = false;     ///< There was a reply, ever.
  Instant no_train_until_{};  ///< None leaves before.
  std::optional<KernelStamps> stamps_;
  ExpectedMessages expected_;
  unsigned idle_calls_ = 0;
  std::array<IcmpError, kSlots> icmp_errors_{};  ///< For the last batch; see Slot::icmp.
};

}  // namespace netecho
