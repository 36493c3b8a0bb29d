#pragma once

/// \file
/// A client of the Configuration Testing Protocol: its messages travel as replies that a station
/// sends back (core/codec/ctp.hpp).

#include <array>
#include <memory>
#include <optional>

#include "core/base/random.hpp"
#include "core/base/zero_pages.hpp"
#include "core/codec/ctp.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/link/link_receiver.hpp"
#include "protocols/link/link_sender.hpp"
#include "protocols/link/link_socket.hpp"
#include "protocols/link/link_stamps.hpp"

namespace netecho {

/// A slot is what is behind the receipt number. A short message is padded to the least that
/// Ethernet carries, and comes back padded: how long it was is known by its receipt number.
///
/// All clients of one interface hear the answers to each other. A port leaves out those whose
/// receipt number it has never given.
class PacketClient final : public MessagePort, public Timestamping, public Path, public Stations {
 public:
  struct Config {
    Interface interface;
    SocketKind kind;
    MacAddress to;  ///< A station, or a group of which each may answer.
  };

  /// REQUIRES: from open_link_socket().
  PacketClient(UniqueFd fd, Config config);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override;
  void stamp_by_kernel(std::size_t kept) override { stamps_.begin(fd_.get(), kept); }
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override {
    return stamps_.of(ordinal);
  }
  [[nodiscard]] std::optional<SocketDescription> peer() const override;
  [[nodiscard]] std::optional<SocketDescription> local() const override;
  [[nodiscard]] PeerRef station(std::size_t index) const noexcept override {
    return {std::as_bytes(std::span{receiver_.sender(index).bytes}), {}};
  }
  [[nodiscard]] SocketDescription description(const PeerRef& station) const override;

 private:
  using Head = std::array<std::byte, kCtpProbeHeadBytes>;
  static constexpr std::size_t kReceipts = std::size_t{UINT16_MAX} + 1;

  [[nodiscard]] bool is_ours(const LinkMessage& message, Slot& slot) const noexcept;
  void add(std::size_t index, const Slot& slot, Head& head) noexcept;

  UniqueFd fd_;
  Config config_;
  LinkReceiver receiver_{kCtpProbeHeadBytes, LinkReceiver::Pace::one_by_one};
  LinkSender sender_;
  std::array<Head, LinkSender::kSlots> heads_{};
  ZeroPages<std::uint32_t> sizes_{kReceipts};  ///< Each receipt's last message's, plus 1.
  /// For messages that bring none. Random, so that clients of one interface rarely have the same.
  std::uint16_t next_receipt_ = static_cast<std::uint16_t>(random_u64());
  LinkStamps stamps_;
};

}  // namespace netecho
