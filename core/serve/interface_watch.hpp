#pragma once

/// \file
/// Notices that an interface to which sockets are bound has been deleted, and has them bound again
/// once there is one of that name. A check is one getsockopt() for each endpoint, twice a second.
/// Endpoints that are bound to no interface are not checked.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/serve/server.hpp"

namespace netecho {

/// The leader owns it, so it lives on one thread.
class InterfaceWatch {
 public:
  struct Owner {
    /// Returns the descriptor of an endpoint's socket on this thread; below 0: it is served no
    /// more.
    std::function<int(std::size_t endpoint)> fd;
    /// The endpoint is served by these sockets from now on.
    std::function<void(std::size_t endpoint, Served sockets)> replace;
    std::function<void(EventBody)> emit;
    /// An endpoint will not come back by itself.
    std::function<void()> given_up;
  };

  InterfaceWatch(Reactor& reactor, const ServerOptions& options, Owner owner);

  /// Adds what serves endpoint number `endpoint`, and how it was announced.
  void add(const ListeningEvent& listening, const Served& served, std::size_t endpoint);
  void start();
  void stop() noexcept { timer_->cancel(); }
  [[nodiscard]] std::size_t given_up() const noexcept { return given_up_; }

 private:
  enum class State : std::uint8_t { bound, waiting, given_up };

  struct Watched {
    std::size_t endpoint;
    ListeningEvent listening;
    std::string interface;
    std::function<Served()> bind_again;
    State state = State::bound;
    bool told = false;  ///< Why it could not be bound again.
  };

  void look();
  void look_at(Watched& one);
  void on_lost(Watched& one);
  void try_again(Watched& one);
  void on_failure(Watched& one, const Error& error);
  void on_back(Watched& one);
  void give_up(Watched& one, const Error& error);
  void warn(const Watched& one, const std::string& what) const;

  const ServerOptions& options_;
  Owner owner_;
  std::vector<Watched> watched_;
  std::unique_ptr<Reactor::Timer> timer_;
  std::size_t given_up_ = 0;
};

}  // namespace netecho
