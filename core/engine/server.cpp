#include "core/engine/server.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>

#include "core/engine/impaired_messages.hpp"
#include "core/engine/impaired_stream.hpp"
#include "core/engine/listener.hpp"
#include "core/engine/message_echo.hpp"
#include "core/engine/stream_echo.hpp"

namespace netecho {
namespace {

constexpr Duration kHoldTick = std::chrono::milliseconds{250};
constexpr Duration kDrainTick = std::chrono::milliseconds{50};
/// While draining: silence after which a peer has nothing more under way.
constexpr Duration kLingerSilence = std::chrono::milliseconds{200};

/// Calls back when a descriptor becomes readable, once.
class GoneWatch final : public EventHandler {
 public:
  GoneWatch(Reactor& reactor, int fd, std::function<void()> action)
      : reactor_{reactor}, fd_{fd}, action_{std::move(action)} {
    if (fd_ >= 0) reactor_.add(fd_, EPOLLIN, *this);
  }
  GoneWatch(const GoneWatch&) = delete;
  GoneWatch& operator=(const GoneWatch&) = delete;
  ~GoneWatch() { end(); }

  void on_events(std::uint32_t /*events*/) noexcept override {
    end();
    action_();
  }

 private:
  void end() noexcept {
    if (fd_ >= 0) reactor_.remove(fd_, *this);
    fd_ = -1;
  }

  Reactor& reactor_;
  int fd_;
  std::function<void()> action_;
};

/// All sockets of one `serve`, from `listening` to `stopped`.
class Server {
 public:
  Server(Reactor& reactor, std::vector<Served> sockets, const ServerOptions& options,
         EventSink& events);
  ~Server();

  ServerOutcome run(const std::function<void()>& ready);

 private:
  void serve(Served socket);
  void serve_messages(std::unique_ptr<MessagePort> port, EndpointStats& stats);
  void serve_stream(ByteChannel channel, EndpointStats& stats);
  void impair(EndpointStats& stats);
  void on_signal(int signal);
  void on_finished();
  void on_events_gone();
  void stop(StopReason reason);
  void finish_drain();
  void close_idle();
  void arm_idle_timer();
  void release_held();
  void report_stats();
  [[nodiscard]] StatsEvent stats() const;
  /// Oldest first. `action` may end the connection it is given.
  template <typename Action>
  void for_each_connection(Action action);

  Reactor& reactor_;
  ServerOptions options_;
  ServerShared shared_;
  Instant started_ = monotonic_now();
  std::deque<EndpointStats> endpoints_;         ///< Handlers refer to these: addresses stay.
  std::deque<EndpointImpairment> impairments_;  ///< One for each of those; so do these.
  std::vector<ListeningEvent> listening_;       ///< To be told once ready.
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<DatagramEndpoint>> datagrams_;
  std::vector<std::shared_ptr<void>> cleanups_;
  std::size_t streams_given_ = 0;  ///< Connected streams inherited: their end is our end.
  std::unique_ptr<Reactor::Timer> idle_timer_;
  std::unique_ptr<Reactor::Timer> hold_timer_;
  std::unique_ptr<Reactor::Timer> drain_timer_;
  std::unique_ptr<Reactor::Timer> stats_timer_;
  GoneWatch gone_watch_;
  Instant drain_deadline_{};
  bool walking_ = false;  ///< In for_each_connection: nothing else may end connections now.
  StopReason reason_ = StopReason::signal;
};

Server::Server(Reactor& reactor, std::vector<Served> sockets, const ServerOptions& options,
               EventSink& events)
    : reactor_{reactor},
      options_{options},
      shared_{reactor, options_, events},
      idle_timer_{reactor.make_timer([this] { close_idle(); })},
      hold_timer_{reactor.make_timer([this] { release_held(); })},
      drain_timer_{reactor.make_timer([this] { finish_drain(); })},
      stats_timer_{reactor.make_timer([this] { report_stats(); })},
      gone_watch_{reactor, events.gone_fd(), [this] { on_events_gone(); }} {
  shared_.on_finished = [this] { on_finished(); };
  shared_.on_holding = [this] { hold_timer_->set(shared_.now() + kHoldTick); };
  if (options_.signals == SignalHandling::drain) {
    reactor_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int signal) { on_signal(signal); });
  }
  for (Served& socket : sockets) serve(std::move(socket));
}

Server::~Server() {
  for_each_connection([](ServedConnection& open) { open.finish(CloseReason::drain); });
}

void Server::serve(Served socket) {
  EndpointStats& stats = endpoints_.emplace_back();
  stats.endpoint = socket.endpoint;
  if (socket.cleanup) cleanups_.push_back(std::move(socket.cleanup));
  if (socket.endpoint.socket_type != SocketType::stream) {
    stats.rx_messages_total = stats.tx_messages_total = 0;
  }
  impair(stats);
  listening_.push_back({socket.endpoint, socket.inherited, ::getpid()});

  if (auto* acceptor = std::get_if<std::unique_ptr<Acceptor>>(&socket.socket)) {
    const EndpointImpairment* impairment = stats.impaired_total ? &impairments_.back() : nullptr;
    listeners_.push_back(std::make_unique<Listener>(shared_, stats, std::move(*acceptor),
                                                    socket.records, impairment));
  } else if (auto* port = std::get_if<std::unique_ptr<MessagePort>>(&socket.socket)) {
    serve_messages(std::move(*port), stats);
  } else {
    ++streams_given_;
    serve_stream(std::get<ByteChannel>(std::move(socket.socket)), stats);
  }
}

/// Here and in the listener it is decided, once an endpoint, whether its replies are impaired.
void Server::impair(EndpointStats& stats) {
  const ImpairmentSpec spec = options_.impairment.value_or(ImpairmentSpec{});
  impairments_.push_back({spec, impairments_.size()});
  const bool stream = stats.endpoint.socket_type == SocketType::stream;
  if (options_.impairment && (!stream || spec.suits_streams())) stats.impaired_total.emplace();
}

void Server::serve_messages(std::unique_ptr<MessagePort> port, EndpointStats& stats) {
  if (stats.impaired_total) {
    datagrams_.push_back(
        std::make_unique<ImpairedDatagrams>(shared_, stats, impairments_.back(), std::move(port)));
  } else {
    datagrams_.push_back(std::make_unique<DatagramEcho>(shared_, stats, std::move(port)));
  }
}

void Server::serve_stream(ByteChannel channel, EndpointStats& stats) {
  if (stats.impaired_total) {
    ImpairedStream::start(shared_, stats, impairments_.back(), std::move(channel));
  } else {
    new StreamConnection{shared_, stats, std::move(channel)};
  }
}

ServerOutcome Server::run(const std::function<void()>& ready) {
  arm_idle_timer();
  if (options_.stats_interval > Duration::zero()) {
    stats_timer_->set(monotonic_now() + options_.stats_interval);
  }
  ready();  // May fail; then nobody was told that we listen.
  for (ListeningEvent& event : listening_) shared_.emit(std::move(event));
  listening_.clear();
  reactor_.run();
  ServerOutcome outcome{.reason = reason_, .stats = stats(), .error = {}};
  shared_.emit(StoppedEvent{outcome.stats, outcome.reason});
  return outcome;
}

template <typename Action>
void Server::for_each_connection(Action action) {
  walking_ = true;
  for (ActivityLink* link = shared_.connections.oldest(); link != nullptr;) {
    ActivityLink* next = shared_.connections.after(*link);
    action(static_cast<ServedConnection&>(*link));
    link = next;
  }
  walking_ = false;
}

void Server::on_signal(int signal) {
  if (shared_.draining) ::_exit(128 + signal);  // The second one: at once.
  stop(StopReason::signal);
}

void Server::on_finished() {
  if (walking_) return;  // Whoever walks looks afterwards.
  if (shared_.draining) {
    if (shared_.connections_open == 0) reactor_.stop();
    return;
  }
  const bool limit_reached =
      options_.max_accepts != 0 && shared_.finished_total >= options_.max_accepts;
  const bool nothing_left = shared_.connections_open == 0 && datagrams_.empty() &&
                            std::all_of(listeners_.begin(), listeners_.end(),
                                        [](const auto& each) { return each->stopped(); });
  if (limit_reached || (nothing_left && streams_given_ != 0)) {
    return stop(StopReason::max_accepts);
  }
  if (nothing_left) return stop(StopReason::error);
  for (const auto& listener : listeners_) listener->resume();
}

/// Nobody reads what this server says, or it cannot be written: it ends, as other programs in a
/// pipe do. The connections are drained first.
void Server::on_events_gone() {
  if (!shared_.draining) stop(StopReason::error);
}

void Server::stop(StopReason reason) {
  reason_ = reason;
  shared_.draining = true;
  drain_deadline_ = monotonic_now() + options_.drain_timeout;
  for (const auto& listener : listeners_) listener->stop();
  for (const auto& datagram : datagrams_) datagram->stop();
  cleanups_.clear();
  for_each_connection([](ServedConnection& open) { open.begin_drain(); });
  if (shared_.connections_open == 0) return reactor_.stop();
  drain_timer_->set(std::min(drain_deadline_, monotonic_now() + kDrainTick));
}

void Server::finish_drain() {
  const Instant now = monotonic_now();
  const bool over = now >= drain_deadline_;
  for_each_connection([&](ServedConnection& open) {
    const bool quiet = open.lingering() && now - open.last_active >= kLingerSilence;
    if (over || quiet) open.finish(CloseReason::drain);
  });
  if (shared_.connections_open == 0) return reactor_.stop();
  drain_timer_->set(std::min(drain_deadline_, now + kDrainTick));
}

void Server::close_idle() {
  const Instant oldest_allowed = monotonic_now() - options_.idle_timeout;
  for_each_connection([&](ServedConnection& open) {
    if (open.last_active > oldest_allowed) return;
    open.finish(open.stalled() ? CloseReason::stalled : CloseReason::idle);
  });
  arm_idle_timer();
  on_finished();
}

/// Fires when the longest silent connection could be due: no timer a connection.
void Server::arm_idle_timer() {
  if (options_.idle_timeout <= Duration::zero()) return;
  ActivityLink* oldest = shared_.connections.oldest();
  const Instant since = oldest != nullptr ? oldest->last_active : monotonic_now();
  idle_timer_->set(since + options_.idle_timeout);
}

void Server::release_held() {
  const Instant now = monotonic_now();
  // Releasing takes a connection off the list, so this walks backwards.
  for (std::size_t i = shared_.holding.size(); i-- > 0;) {
    if (i < shared_.holding.size() && shared_.holding[i]->held_until() <= now) {
      shared_.holding[i]->release_held();
    }
  }
  if (!shared_.holding.empty()) hold_timer_->set(monotonic_now() + kHoldTick);
}

void Server::report_stats() {
  shared_.emit(stats());
  stats_timer_->set(monotonic_now() + options_.stats_interval);
}

StatsEvent Server::stats() const {
  return {.uptime = monotonic_now() - started_,
          .events_dropped_total = shared_.events.dropped_total(),
          .endpoints = {endpoints_.begin(), endpoints_.end()}};
}

}  // namespace

ServerOutcome run_server(Reactor& reactor, std::vector<Served> sockets,
                         const ServerOptions& options, EventSink& events,
                         const std::function<void()>& ready) {
  Server server{reactor, std::move(sockets), options, events};
  return server.run(ready);
}

}  // namespace netecho
