#pragma once

/// \file
/// Echoes one seqpacket connection over a network that is bad on purpose (--impair).

#include "core/serve/impaired_replies.hpp"
#include "core/serve/record_echo.hpp"

namespace netecho {

/// Reads on while earlier records are under way.
class ImpairedRecords final : public RecordConnection {
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
  [[nodiscard]] bool read() noexcept;
  void send() noexcept;
  void drop_unsent(DropReason reason) noexcept override { replies_->drop_all(reason); }

  std::unique_ptr<ImpairedReplies> replies_;
  std::uint64_t counted_bytes_ = 0;
  bool blocked_ = false;    ///< The socket is full.
  bool peer_done_ = false;  ///< Nothing more comes; what is under way still goes.
};

}  // namespace netecho
