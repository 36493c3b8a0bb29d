#pragma once

/// \file
/// A client of icmp has one socket that sends echo requests and gets their replies.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <optional>

#include "core/base/unique_fd.hpp"
#include "core/net/kernel_stamps.hpp"
#include "core/net/socket_address.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/icmp/echo_message.hpp"
#include "protocols/message/expected_messages.hpp"

namespace netecho {

/// T1 is read right before the call that sends, T4 right after the one that receives. A message's
/// number (Slot::number) is its ICMP sequence number; without one the port counts by itself.
///
/// A raw socket is not connected where others may answer than who is asked (a broadcast, a group,
/// IPv6): the kernel would keep their replies from it. Replies that are not this socket's, and
/// errors about other programs' messages, are left out.
class IcmpClient final : public MessagePort, public Timestamping, public Senders, public Path {
 public:
  static constexpr std::size_t kSlots = 32;

  struct Config {
    EchoSocket echo;
    SocketKind kind;
    SocketAddress peer;
    SocketAddress local;
  };

  /// REQUIRES: non-blocking, and with a ping socket connected to config.peer.
  IcmpClient(UniqueFd fd, const Config& config);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override {
    return {.timestamping = this, .senders = this, .path = this};
  }
  void stamp_by_kernel(std::size_t kept) override;
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override;
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t index) const override;
  [[nodiscard]] std::optional<SocketDescription> peer() const override;
  [[nodiscard]] std::optional<SocketDescription> local() const override;

 private:
  /// There is room for a hop limit.
  struct alignas(cmsghdr) HopControl {
    std::array<std::byte, CMSG_SPACE(sizeof(int))> bytes;
  };
  using Head = std::array<std::byte, kMostHeadBytes>;

  void prepare_to_receive(Batch& batch, std::size_t messages) noexcept;
  [[nodiscard]] int receive_some(Batch& batch) noexcept;
  [[nodiscard]] int receive_one(Batch& batch) noexcept;
  [[nodiscard]] std::size_t keep_replies(Batch& batch, std::size_t messages) noexcept;
  [[nodiscard]] bool keep_reply(Batch& batch, std::size_t message, std::size_t slot) noexcept;
  [[nodiscard]] std::size_t read_errors(Batch& batch, std::size_t count) noexcept;
  [[nodiscard]] std::size_t collect(Batch& batch) noexcept;
  [[nodiscard]] int send_one(Slot& slot) noexcept;
  [[nodiscard]] int send_many(Batch& batch, std::size_t messages) noexcept;

  UniqueFd fd_;
  EchoSocket echo_;
  SocketKind kind_;
  SocketAddress peer_;
  SocketAddress local_;
  std::uint16_t next_number_ = 0;
  bool errors_pending_ = false;
  bool has_batch_calls_ = true;
  ExpectedMessages expected_;
  unsigned idle_calls_ = 0;
  Instant received_at_{};
  std::optional<WallTime> stamp_;  ///< The message that came alone has it.
  std::optional<KernelStamps> stamps_;
  std::array<mmsghdr, kSlots> headers_{};
  std::array<std::array<iovec, 2>, kSlots> pieces_{};
  std::array<Head, kSlots> heads_{};
  std::array<HopControl, kSlots> controls_{};
  std::array<sockaddr_in6, kSlots> senders_{};  ///< Who sent the last slots; fits IPv4, too.
  std::array<std::uint8_t, kSlots> hop_limits_{};
  std::size_t sender_count_ = 0;
  std::array<std::size_t, kSlots> sending_{};
  std::array<IcmpError, kSlots> icmp_errors_{};  ///< For the last batch; see Slot::icmp.
};

}  // namespace netecho
