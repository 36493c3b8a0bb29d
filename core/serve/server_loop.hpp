#pragma once

/// \file
/// A loop is one thread's part of a server: its sockets and connections, from `listening` to the
/// end of the drain. The first loop is the leader: it hears signals and decides when all stop.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/serve/datagram_endpoint.hpp"
#include "core/serve/egress.hpp"
#include "core/serve/impaired_replies.hpp"
#include "core/serve/listener.hpp"
#include "core/serve/server.hpp"
#include "core/serve/server_shared.hpp"

namespace netecho {

/// Another thread can ask this of a loop. A request that comes again before the loop got to it
/// counts once.
enum class LoopRequest : unsigned {
  stop = 1U << 0,     ///< Drain and end.
  accept = 1U << 1,   ///< There is room for connections again.
  stats = 1U << 2,    ///< Tell the counters.
  look = 1U << 3,     ///< To the leader: another loop has ended.
  replace = 1U << 4,  ///< Sockets were handed over.
  relieve = 1U << 5,  ///< It may have the connection that has been stalled longest: end it.
};

class ServerLoop final : private EventHandler {
 public:
  /// Loops reach each other by these, which are called on the loop's own thread.
  struct Peers {
    std::function<void(StopReason)> stop_all;  ///< Some loop found a reason.
    std::function<void()> stopping = [] {};    ///< This loop accepts nothing any more.
    std::function<void()> accept_again;        ///< Others may have connections waiting.
    std::function<void()> tell_stats;          ///< Asked for by LoopRequest::stats.
    std::function<bool()> others_ended = [] { return true; };
    /// Asks the loop, if there is one, in which a connection has been stalled since before this.
    std::function<bool(Instant)> relieve_elsewhere = [](Instant /*since*/) { return false; };
  };

  ServerLoop(Reactor& reactor, const ServerOptions& options, ServerLimits& limits,
             EventSink& events, Peers peers);
  ~ServerLoop();
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  /// Adds a bound socket; `endpoint` is its number among those of the whole server.
  void serve(ServedSocket socket, const Served& what, std::uint64_t endpoint);
  /// Runs until it was stopped and has drained.
  void run();
  /// May be called from any thread.
  void request(LoopRequest request) noexcept;
  /// Returns, on any thread, since when its longest stalled connection is stalled; kNever if there
  /// is none.
  [[nodiscard]] Instant longest_stall() const noexcept { return shared_.open.longest_stall; }

  /// Replaces, from any thread, the loop's socket number `index` in the order in which they were
  /// added. A connected stream is never replaced.
  void replace(std::size_t index, ServedSocket socket);
  /// Returns the descriptor of that socket, on the loop's own thread; -1 once it is served no more.
  [[nodiscard]] int fd(std::size_t index) const noexcept;

  /// Called on the loop's own thread; others call request(stop).
  void stop();
  [[nodiscard]] bool draining() const noexcept { return draining_; }
  /// Returns its counters, an entry for each socket in the order in which they were added. Called
  /// on the loop's own thread, or when that has ended.
  [[nodiscard]] const std::deque<EndpointStats>& stats();

 private:
  /// This serves one socket; both null: a connected stream.
  struct Place {
    Listener* listener = nullptr;
    DatagramEndpoint* datagrams = nullptr;
  };
  struct Replacement {
    std::size_t index;
    ServedSocket socket;
  };

  void on_events(std::uint32_t events) noexcept override;
  void take_replacements();
  Egress& choose_egress(EndpointStats& stats, std::uint64_t endpoint, std::string_view wire_format);
  void on_finished();
  [[nodiscard]] bool nothing_left() const;
  void end_if_drained();
  void finish_drain();
  void close_idle();
  void arm_idle_timer();
  void close_stalled();
  void arm_stall_timer();
  bool relieve(const ServedConnection* latest) noexcept;
  [[nodiscard]] bool drained() const;
  void release_held();
  void arm_hold_timer();
  void resume_listeners();
  [[nodiscard]] Duration stall_look() const noexcept;
  /// Calls `action` for the oldest first. It may end the connection that it is given.
  template <typename Action>
  void for_each(ActivityList& list, Action action);
  template <typename Action>
  void for_each_connection(Action action);

  Reactor& reactor_;
  const ServerOptions& options_;
  ServerShared shared_;
  Peers peers_;
  std::deque<EndpointStats> endpoints_;         ///< Handlers refer to these: addresses stay.
  std::deque<EndpointImpairment> impairments_;  ///< For impaired endpoints; these stay, too.
  std::vector<std::unique_ptr<Responder>> responders_;  ///< One for each endpoint …
  std::vector<std::unique_ptr<Egress>> egresses_;       ///< … and one of these.
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<DatagramEndpoint>> datagrams_;
  std::vector<Place> places_;      ///< One for each endpoint.
  std::size_t streams_given_ = 0;  ///< Connected streams inherited: their end is our end.
  std::unique_ptr<Reactor::Timer> idle_timer_;
  std::unique_ptr<Reactor::Timer> stall_timer_;
  std::unique_ptr<Reactor::Timer> hold_timer_;
  std::unique_ptr<Reactor::Timer> drain_timer_;
  UniqueFd doorbell_;
  std::mutex handing_over_;
  std::vector<Replacement> handed_over_;  ///< Under that lock.
  std::atomic<unsigned> requests_ = 0;
  Instant drain_deadline_{};
  Instant hold_due_ = kNever;  ///< What hold_timer_ is set to.
  bool draining_ = false;
  bool relieve_later_ = false;
  bool walking_ = false;  ///< In for_each: nothing else may end connections now.
};

}  // namespace netecho
