#include "core/serve/server.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/clock.hpp"
#include "core/serve/interface_watch.hpp"
#include "core/serve/server_limits.hpp"
#include "core/serve/server_loop.hpp"
#include "core/serve/stats_collector.hpp"

namespace netecho {
namespace {

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

/// Holds a loop on a thread of its own, and which of the server's endpoints its sockets belong to.
struct Follower {
  Reactor reactor;
  std::unique_ptr<ServerLoop> loop;
  std::vector<std::size_t> endpoints;
  std::thread thread;
};

/// Serves all sockets of one `serve`, on as many threads as they were bound for.
class Server {
 public:
  Server(Reactor& reactor, std::vector<Served> sockets, const ServerOptions& options,
         EventSink& events);
  ~Server();

  ServerOutcome run(const std::function<void()>& ready);

 private:
  void serve(Served socket);
  void replace(std::size_t endpoint, Served sockets);
  void on_given_up();
  Follower& follower(std::size_t number);
  void on_signal(int signal);
  void stop(StopReason reason);
  void stop_from_afar(StopReason reason);
  void start_followers();
  void run_follower(Follower& follower);
  void request_all(LoopRequest request);
  void emit(EventBody body) { events_.emit({realtime_now(), std::move(body)}); }
  bool relieve_elsewhere(Instant since) noexcept;
  void report_stats();
  void ask_counters(CounterSource::Reader reader);
  void answer_readers();
  /// Called on the loop's own thread; number 0 is the leader. The last loop that was asked tells
  /// all.
  void tell_stats(std::size_t number, ServerLoop& loop,
                  const std::vector<std::size_t>& endpoints) noexcept;
  [[nodiscard]] StatsEvent stats_event() const;

  Reactor& reactor_;
  ServerOptions options_;
  EventSink& events_;
  ServerLimits limits_;
  Instant started_ = monotonic_now();
  std::vector<ListeningEvent> listening_;  ///< To be told once ready.
  std::vector<std::shared_ptr<void>> cleanups_;
  ServerLoop leader_;
  std::vector<std::size_t> leader_endpoints_;
  std::vector<std::unique_ptr<Follower>> followers_;
  std::atomic<std::size_t> followers_running_ = 0;
  InterfaceWatch interfaces_;
  std::unique_ptr<Reactor::Timer> stats_timer_;
  GoneWatch gone_watch_;
  std::atomic<bool> stopping_ = false;
  std::atomic<StopReason> reason_ = StopReason::signal;

  std::mutex collecting_;  ///< Guards the following.
  StatsCollector collector_;
  bool event_due_ = false;  ///< The totals that are being collected are for an event.
  std::vector<CounterSource::Reader> readers_;  ///< They get them, too.
};

Server::Server(Reactor& reactor, std::vector<Served> sockets, const ServerOptions& options,
               EventSink& events)
    : reactor_{reactor},
      options_{options},
      events_{events},
      limits_{options_},
      leader_{reactor,
              options_,
              limits_,
              events,
              {.stop_all = [this](StopReason reason) { stop(reason); },
               .stopping =
                   [this] {
                     interfaces_.stop();
                     cleanups_.clear();
                   },
               .accept_again = [this] { request_all(LoopRequest::accept); },
               .tell_stats = [this] { tell_stats(0, leader_, leader_endpoints_); },
               .others_ended = [this] { return followers_running_ == 0; },
               .relieve_elsewhere = [this](Instant since) { return relieve_elsewhere(since); }}},

      interfaces_{reactor,
                  options_,
                  {.fd = [this](std::size_t endpoint) { return leader_.fd(endpoint); },
                   .replace = [this](std::size_t endpoint,
                                     Served again) { replace(endpoint, std::move(again)); },
                   .emit = [this](EventBody body) { emit(std::move(body)); },
                   .given_up = [this] { on_given_up(); }}},
      stats_timer_{reactor.make_timer([this] { report_stats(); })},
      // Nobody reads what this server says, or it cannot be written: it ends, as other programs in
      // a pipe do. The connections are drained first.
      gone_watch_{reactor, events.gone_fd(), [this] { stop(StopReason::error); }} {
  if (options_.signals == SignalHandling::drain) {
    reactor_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int signal) { on_signal(signal); });
  }
  for (Served& socket : sockets) serve(std::move(socket));
}

Server::~Server() {
  if (options_.counters) options_.counters->close();
  for (const auto& each : followers_) {
    if (!each->thread.joinable()) continue;
    each->loop->request(LoopRequest::stop);
    each->thread.join();
  }
}

void Server::serve(Served socket) {
  const std::size_t number = listening_.size();
  if (socket.cleanup) cleanups_.push_back(socket.cleanup);
  listening_.push_back({socket.endpoint, socket.inherited, static_cast<std::uint64_t>(::getpid())});
  interfaces_.add(listening_.back(), socket, number);
  leader_.serve(std::move(socket.socket), socket, number);
  leader_endpoints_.push_back(number);
  for (std::size_t i = 0; i < socket.siblings.size(); ++i) {
    Follower& its = follower(i);
    its.loop->serve(std::move(socket.siblings[i]), socket, number);
    its.endpoints.push_back(number);
  }
}

/// There are as many sockets as before, because as many threads serve it.
void Server::replace(std::size_t endpoint, Served sockets) {
  leader_.replace(endpoint, std::move(sockets.socket));
  for (std::size_t i = 0; i < sockets.siblings.size(); ++i) {
    Follower& its = *followers_[i];
    const auto place = std::ranges::find(its.endpoints, endpoint) - its.endpoints.begin();
    its.loop->replace(static_cast<std::size_t>(place), std::move(sockets.siblings[i]));
  }
}

void Server::on_given_up() {
  if (interfaces_.given_up() == listening_.size()) stop(StopReason::error);
}

Follower& Server::follower(std::size_t number) {
  while (followers_.size() <= number) {
    Follower& made = *followers_.emplace_back(std::make_unique<Follower>());
    const std::size_t its = followers_.size();  // The leader is 0.
    ServerLoop::Peers peers{
        .stop_all = [this](StopReason reason) { stop_from_afar(reason); },
        .accept_again = [this] { request_all(LoopRequest::accept); },
        .tell_stats = [this, &made, its] { tell_stats(its, *made.loop, made.endpoints); },
        .relieve_elsewhere = [this](Instant since) { return relieve_elsewhere(since); }};
    made.loop =
        std::make_unique<ServerLoop>(made.reactor, options_, limits_, events_, std::move(peers));
  }
  return *followers_[number];
}

ServerOutcome Server::run(const std::function<void()>& ready) {
  if (options_.stats_interval > Duration::zero()) {
    stats_timer_->set(monotonic_now() + options_.stats_interval);
  }
  collector_.expect(1 + followers_.size(), listening_.size());
  if (options_.counters) {  // Whoever is told that we are ready may ask at once.
    options_.counters->open(
        [this](CounterSource::Reader reader) { ask_counters(std::move(reader)); });
  }
  ready();  // May fail; then nobody was told that we listen.
  for (const ListeningEvent& event : listening_) emit(event);
  start_followers();
  interfaces_.start();
  leader_.run();
  for (const auto& each : followers_) each->thread.join();
  if (options_.counters) options_.counters->close();

  collector_.tell(0, leader_.stats(), leader_endpoints_);  // Nobody else tells any more.
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    collector_.tell(1 + i, followers_[i]->loop->stats(), followers_[i]->endpoints);
  }
  ServerOutcome outcome{.reason = reason_, .stats = stats_event(), .error = {}};
  events_.emit({realtime_now(), StoppedEvent{outcome.stats, outcome.reason}});
  answer_readers();  // A loop that had ended when they asked told nothing any more.
  return outcome;
}

/// These threads get no signals: those are the leader's.
void Server::start_followers() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  for (const auto& each : followers_) {
    ++followers_running_;
    each->thread = std::thread{[this, &each = *each] { run_follower(each); }};
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Server::run_follower(Follower& follower) {
  follower.loop->run();
  --followers_running_;
  leader_.request(LoopRequest::look);
}

void Server::on_signal(int signal) {
  if (leader_.draining()) ::_exit(128 + signal);  // The second one: at once.
  stop(StopReason::signal);
}

/// Called on the leader's thread. It stops at once, so that nothing more is accepted. The first
/// reason counts.
void Server::stop(StopReason reason) {
  stop_from_afar(reason);
  leader_.stop();
}

void Server::stop_from_afar(StopReason reason) {
  if (stopping_.exchange(true)) return;
  reason_ = reason;
  request_all(LoopRequest::stop);
}

void Server::request_all(LoopRequest request) {
  leader_.request(request);
  for (const auto& each : followers_) each->loop->request(request);
}

/// Called on any loop's thread.
bool Server::relieve_elsewhere(Instant since) noexcept {
  ServerLoop* longest = nullptr;
  const auto look_at = [&](ServerLoop& loop) {
    const Instant its = loop.longest_stall();
    if (its >= since) return;
    since = its;
    longest = &loop;
  };
  look_at(leader_);
  for (const auto& each : followers_) look_at(*each->loop);
  if (longest == nullptr) return false;
  longest->request(LoopRequest::relieve);
  return true;
}

void Server::report_stats() {
  {
    const std::lock_guard lock{collecting_};
    collector_.ask();
    event_due_ = true;
  }
  request_all(LoopRequest::stats);
  stats_timer_->set(monotonic_now() + options_.stats_interval);
}

/// Called on any thread.
void Server::ask_counters(CounterSource::Reader reader) {
  {
    const std::lock_guard lock{collecting_};
    readers_.push_back(std::move(reader));
    collector_.ask();
  }
  request_all(LoopRequest::stats);
}

/// REQUIRES: collecting_ is held, or no other thread runs.
void Server::answer_readers() {
  const auto readers = std::exchange(readers_, {});
  for (const CounterSource::Reader& each : readers) each(collector_.totals());
}

void Server::tell_stats(std::size_t number, ServerLoop& loop,
                        const std::vector<std::size_t>& endpoints) noexcept {
  const std::lock_guard lock{collecting_};
  try {
    if (!collector_.tell(number, loop.stats(), endpoints)) return;
    answer_readers();
    if (std::exchange(event_due_, false)) events_.emit({realtime_now(), stats_event()});
  } catch (const std::exception&) {  // No memory: the next time.
    limits_.lost_event();
  }
}

StatsEvent Server::stats_event() const {
  StatsEvent event{.uptime = monotonic_now() - started_,
                   .events_dropped_total = events_.dropped_total() + limits_.events_lost(),
                   .endpoints = collector_.totals()};
  for (const EndpointStats& each : event.endpoints) event.stalled_bytes += each.stalled_bytes;
  return event;
}

}  // namespace

ServerOutcome run_server(Reactor& reactor, std::vector<Served> sockets,
                         const ServerOptions& options, EventSink& events,
                         const std::function<void()>& ready) {
  Server server{reactor, std::move(sockets), options, events};
  return server.run(ready);
}

}  // namespace netecho
