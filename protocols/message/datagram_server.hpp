#pragma once

/// \file
/// A server of udp and unixgram has one bound socket for many peers, and makes one system call per
/// batch.

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <memory>
#include <variant>

#include "core/net/source_rules.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "core/seam/peer_ref.hpp"
#include "protocols/message/split_peers.hpp"
#include "protocols/rules/datagram_rules.hpp"

namespace netecho {

/// For each slot, the peer's address and the address that it sent to stay in here: send() answers
/// the peer that slot i came from, from the address that it was sent to.
///
/// A train comes and goes in one call each. One that the kernel refuses goes segment by segment,
/// and so do those to the same address for a while.
class DatagramServer final : public MessagePort,
                             public Trains,
                             public Readdressing,
                             public Drops,
                             public Senders {
 public:
  static constexpr std::size_t kSlots = 32;

  /// The rules of its family say whom it may answer.
  using Rules = std::variant<IpDatagramRules, UserRule>;

  /// REQUIRES: bound and non-blocking; for a UserRule that restricts, with credentials attached.
  DatagramServer(UniqueFd fd, Rules rules, SocketKind kind);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override;
  bool accept_trains() noexcept override;
  [[nodiscard]] bool takes_trains(Instant /*now*/) const noexcept override { return true; }
  [[nodiscard]] PeerRef peer_ref(std::size_t index) const noexcept override;
  void set_peer(std::size_t index, const PeerRef& peer) noexcept override;
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept override { return ip_->kernel_drops(); }
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t index) const override;

 private:
  /// Holds what one slot's message came with, and what its reply carries besides the address.
  struct Envelope {
    sockaddr_storage from;
    alignas(cmsghdr) std::array<std::byte, IpDatagramRules::kControlBytes> control;
    /// There is room behind it for the size of a train's segments.
    alignas(cmsghdr)
        std::array<std::byte, PeerRef::kReturnPathBytes + CMSG_SPACE(sizeof(std::uint16_t))> reply;
    iovec payload;
    socklen_t from_size;
    std::size_t reply_size;
  };

  void prepare(Batch& batch, std::size_t slots) noexcept;
  int receive_batch(std::size_t slots) noexcept;
  void take(Slot& slot, std::size_t index, Instant at) noexcept;
  void judge_unix(Slot& slot, const Envelope& envelope, const msghdr& message) noexcept;
  static void address(msghdr& header, Envelope& envelope) noexcept;
  static void cut_up(msghdr& header, Envelope& envelope, std::uint32_t segment_size) noexcept;
  [[nodiscard]] bool goes_singly(const Slot& slot, const Envelope& envelope) const noexcept;
  std::size_t collect(Batch& batch) noexcept;
  std::size_t collect_segments(const Slot& train, std::size_t index) noexcept;
  int send_batch(std::size_t messages) noexcept;
  BatchResult advance(Batch& batch, std::size_t sent, std::size_t collected, Instant at) noexcept;
  BatchResult advance_segments(Batch& batch, std::size_t sent, Instant at) noexcept;
  [[nodiscard]] bool is_old_error(int error) const noexcept;

  UniqueFd fd_;
  Rules rules_;
  IpDatagramRules* ip_;        ///< In rules_; null for unix.
  std::size_t control_bytes_;  ///< What a message may come with.
  bool has_batch_calls_ = true;
  bool expect_train_ = false;  ///< The last message received was one.
  SplitPeers split_peers_;
  std::unique_ptr<std::array<Envelope, kSlots>> envelopes_;
  std::array<mmsghdr, kSlots> headers_{};
  std::array<std::size_t, kSlots> sending_{};  ///< Slot of each header in a send.
  std::array<iovec, kSlots> segments_{};       ///< For a train that goes singly.
  /// The slot behind those collected; sending_[0] itself where they are segments of that one.
  std::size_t collected_end_ = 0;
  SocketKind kind_;
};

/// Sends a message larger than the socket's buffer allows by growing it; false if it cannot grow.
[[nodiscard]] bool grow_send_buffer(int fd, std::size_t bytes) noexcept;

}  // namespace netecho
