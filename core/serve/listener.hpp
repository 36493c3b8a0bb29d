#pragma once

/// \file
/// Accepts connections of one listening socket, as long as the server has room for them.

#include "core/seam/acceptor.hpp"
#include "core/serve/server_shared.hpp"

namespace netecho {

class Egress;

/// Pauses, never spins, while the server is full or descriptors have run out: a further connection
/// waits in the backlog.
class Listener final : public EventHandler {
 public:
  /// `egress` serves its connections.
  Listener(ServerShared& shared, EndpointStats& endpoint, std::unique_ptr<Acceptor> acceptor,
           bool records, Egress& egress);

  void on_events(std::uint32_t events) noexcept override;
  /// Checks the backlog again, as there may be room now.
  void resume() noexcept;
  /// Accepts from this acceptor from now on.
  void replace(std::unique_ptr<Acceptor> acceptor) noexcept;
  /// Returns the socket that listens; -1 once stopped.
  [[nodiscard]] int fd() const noexcept { return stopped_ ? -1 : acceptor_->fd(); }
  /// Accepts no more. Safe to call twice.
  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 private:
  void watch();
  void pause() noexcept;
  void serve_connection(UniqueFd connection, ConnectionPermit permit) noexcept;
  void tell_exhausted(int error) noexcept;
  void rest(int error) noexcept;
  /// Closes a connection that may not be open.
  void reject(UniqueFd connection) noexcept;

  ServerShared& shared_;
  EndpointStats& endpoint_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<Reactor::Timer> retry_;  ///< When descriptors ran out elsewhere.
  std::optional<Instant> exhausted_at_;    ///< When it was last seen that they did.
  Egress& egress_;
  int failures_ = 0;  ///< In a row.
  bool records_;
  bool paused_ = false;
  bool stopped_ = false;
};

}  // namespace netecho
