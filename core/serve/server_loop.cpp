#include "core/serve/server_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/serve/stream_echo.hpp"

namespace netecho {
namespace {

/// Connections whose time ends this soon after another's are released with it, so that many that
/// hold something do not cost a walk each.
constexpr Duration kHoldTick = std::chrono::milliseconds{10};
/// All that is stalled may be beyond its limit by this much, the largest record, until the loop
/// that has the longest stalled connection has ended it.
constexpr std::size_t kTolerance = 16 * 1024 * 1024;
constexpr Duration kDrainTick = std::chrono::milliseconds{50};
/// While draining, a peer that is silent for so long has nothing more under way.
constexpr Duration kLingerSilence = std::chrono::milliseconds{200};

bool asks(unsigned requests, LoopRequest request) noexcept {
  return (requests & static_cast<unsigned>(request)) != 0;
}

}  // namespace

ServerLoop::ServerLoop(Reactor& reactor, const ServerOptions& options, ServerLimits& limits,
                       EventSink& events, Peers peers)
    : reactor_{reactor},
      options_{options},
      shared_{reactor, options, limits, events},
      peers_{std::move(peers)},
      idle_timer_{reactor.make_timer([this] { close_idle(); })},
      stall_timer_{reactor.make_timer([this] { close_stalled(); })},
      hold_timer_{reactor.make_timer([this] { release_held(); })},
      drain_timer_{reactor.make_timer([this] { finish_drain(); })},
      doorbell_{
          checked("eventfd", "serve", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
  shared_.on_finished = [this] { on_finished(); };
  shared_.on_holding = [this](Instant until) {
    if (until < hold_due_) hold_timer_->set(hold_due_ = until);
  };
  shared_.on_stalled = [this] { arm_stall_timer(); };
  shared_.on_overfull = [this](ServedConnection& latest) { return relieve(&latest); };
  reactor_.add(doorbell_.get(), EPOLLIN, *this);
}

ServerLoop::~ServerLoop() {
  for_each_connection([](ServedConnection& open) { open.finish(CloseReason::drain); });
  reactor_.remove(doorbell_.get(), *this);
}

void ServerLoop::serve(ServedSocket socket, const Served& what, std::uint64_t endpoint) {
  EndpointStats& stats = endpoints_.emplace_back();
  stats.endpoint = what.endpoint;
  stats.kind = what.kind;
  if (stats.endpoint.socket_type != SocketType::stream) {
    stats.rx_messages_total = stats.tx_messages_total = 0;
  }
  Egress& egress = choose_egress(stats, endpoint, what.wire_format);

  if (auto* acceptor = std::get_if<std::unique_ptr<Acceptor>>(&socket)) {
    listeners_.push_back(
        std::make_unique<Listener>(shared_, stats, std::move(*acceptor), what.records, egress));
    places_.push_back({.listener = listeners_.back().get()});
  } else if (auto* port = std::get_if<std::unique_ptr<MessagePort>>(&socket)) {
    datagrams_.push_back(egress.serve_datagrams(std::move(*port)));
    places_.push_back({.datagrams = datagrams_.back().get()});
  } else {
    places_.emplace_back();
    ++streams_given_;
    egress.serve_stream(shared_.limits.admit_given(), std::get<ByteChannel>(std::move(socket)));
  }
}

/// This alone decides, once for each endpoint, who answers and whether the replies are impaired.
Egress& ServerLoop::choose_egress(EndpointStats& stats, std::uint64_t endpoint,
                                  std::string_view wire_format) {
  const ImpairmentSpec spec = options_.impairment.value_or(ImpairmentSpec{});
  const bool stream = stats.endpoint.socket_type == SocketType::stream;
  responders_.push_back(make_responder(wire_format, shared_));
  const ServedEndpoint served{shared_, stats, *responders_.back()};
  if (options_.impairment && (!stream || spec.suits_streams())) {
    stats.impaired_total.emplace();
    impairments_.push_back({spec, endpoint});
    egresses_.push_back(impaired_egress(served, impairments_.back()));
  } else {
    egresses_.push_back(direct_egress(served));
  }
  return *egresses_.back();
}

void ServerLoop::run() {
  arm_idle_timer();
  reactor_.run();
}

void ServerLoop::request(LoopRequest request) noexcept {
  requests_ |= static_cast<unsigned>(request);
  ::eventfd_write(doorbell_.get(), 1);
}

void ServerLoop::on_events(std::uint32_t /*events*/) noexcept {
  eventfd_t rings = 0;
  ::eventfd_read(doorbell_.get(), &rings);
  const unsigned requests = requests_.exchange(0);
  if (asks(requests, LoopRequest::stats)) peers_.tell_stats();
  if (asks(requests, LoopRequest::stop)) stop();
  if (asks(requests, LoopRequest::accept) && !draining_) resume_listeners();
  if (asks(requests, LoopRequest::replace)) take_replacements();
  if (asks(requests, LoopRequest::relieve)) static_cast<void>(relieve(nullptr));
  if (asks(requests, LoopRequest::look) && draining_) end_if_drained();
}

void ServerLoop::replace(std::size_t index, ServedSocket socket) {
  {
    const std::lock_guard lock{handing_over_};
    handed_over_.push_back({index, std::move(socket)});
  }
  request(LoopRequest::replace);
}

void ServerLoop::take_replacements() {
  std::vector<Replacement> taken;
  {
    const std::lock_guard lock{handing_over_};
    taken.swap(handed_over_);
  }
  if (draining_) return;
  for (Replacement& each : taken) {
    const Place& place = places_[each.index];
    if (place.listener != nullptr) {
      place.listener->replace(std::get<std::unique_ptr<Acceptor>>(std::move(each.socket)));
    } else if (place.datagrams != nullptr) {
      place.datagrams->replace(std::get<std::unique_ptr<MessagePort>>(std::move(each.socket)));
    }
  }
}

int ServerLoop::fd(std::size_t index) const noexcept {
  const Place& place = places_[index];
  if (place.listener != nullptr) return place.listener->fd();
  return place.datagrams != nullptr ? place.datagrams->fd() : -1;
}

const std::deque<EndpointStats>& ServerLoop::stats() {
  for (const auto& datagram : datagrams_) datagram->update_stats();
  return endpoints_;
}

template <typename Action>
void ServerLoop::for_each(ActivityList& list, Action action) {
  walking_ = true;
  for (ActivityLink* link = list.oldest(); link != nullptr;) {
    ActivityLink* next = list.after(*link);
    action(static_cast<ServedConnection&>(*link));
    link = next;
  }
  walking_ = false;
  if (std::exchange(relieve_later_, false)) static_cast<void>(relieve(nullptr));
}

template <typename Action>
void ServerLoop::for_each_connection(Action action) {
  // Stalled connections come first: they can become other ones meanwhile, but never the reverse.
  for_each(shared_.open.stalled, action);
  for_each(shared_.open.reading, action);
}

bool ServerLoop::nothing_left() const {
  return shared_.open.count == 0 && datagrams_.empty() &&
         std::ranges::all_of(listeners_, [](const auto& each) { return each->stopped(); });
}

void ServerLoop::on_finished() {
  if (walking_) return;  // Whoever walks checks afterwards.
  if (draining_) return end_if_drained();
  if (shared_.limits.accepts_reached()) return peers_.stop_all(StopReason::max_accepts);
  if (nothing_left()) {
    return peers_.stop_all(streams_given_ != 0 ? StopReason::max_accepts : StopReason::error);
  }
  resume_listeners();
  if (shared_.limits.somebody_waits()) peers_.accept_again();
}

void ServerLoop::resume_listeners() {
  for (const auto& listener : listeners_) listener->resume();
}

void ServerLoop::stop() {
  if (std::exchange(draining_, true)) return;
  drain_deadline_ = monotonic_now() + options_.drain_timeout;
  for (const auto& listener : listeners_) listener->stop();
  peers_.stopping();
  for (const auto& datagram : datagrams_) datagram->begin_drain();
  for_each_connection([](ServedConnection& open) { open.begin_drain(); });
  drain_timer_->set(std::min(drain_deadline_, monotonic_now() + kDrainTick));
  end_if_drained();
}

bool ServerLoop::drained() const {
  return shared_.open.count == 0 &&
         std::ranges::all_of(datagrams_, [](const auto& each) { return each->stopped(); });
}

void ServerLoop::end_if_drained() {
  if (drained() && peers_.others_ended()) reactor_.stop();
}

void ServerLoop::finish_drain() {
  const Instant now = monotonic_now();
  const bool over = now >= drain_deadline_;
  for_each_connection([&](ServedConnection& open) {
    const bool quiet = open.lingering() && now - open.last_active >= kLingerSilence;
    if (over || (quiet && !open.close_loses())) open.finish(CloseReason::drain);
  });
  if (over) {
    for (const auto& datagram : datagrams_) datagram->stop();
  }
  end_if_drained();
  if (!drained()) drain_timer_->set(std::min(drain_deadline_, now + kDrainTick));
}

void ServerLoop::close_idle() {
  const Instant oldest_allowed = monotonic_now() - options_.idle_timeout;
  for_each(shared_.open.reading, [&](ServedConnection& open) {
    if (open.last_active > oldest_allowed) return;
    open.finish(open.stalled() ? CloseReason::stalled : CloseReason::idle);
  });
  arm_idle_timer();
  on_finished();
}

/// Fires when the longest silent connection could be due, so that connections need no timers of
/// their own.
void ServerLoop::arm_idle_timer() {
  if (options_.idle_timeout <= Duration::zero()) return;
  ActivityLink* oldest = shared_.open.reading.oldest();
  const Instant since = oldest != nullptr ? oldest->last_active : monotonic_now();
  idle_timer_->set(since + options_.idle_timeout);
}

/// A peer may take nothing for twice this long: the first check only tells how much there is. A
/// peer that does not read is not better off than one that is silent.
Duration ServerLoop::stall_look() const noexcept {
  const bool idle_ends = options_.idle_timeout > Duration::zero();
  return (idle_ends ? std::min(options_.stall_timeout, options_.idle_timeout)
                    : options_.stall_timeout) /
         2;
}

void ServerLoop::close_stalled() {
  const Instant oldest_allowed = monotonic_now() - stall_look();
  for_each(shared_.open.stalled, [&](ServedConnection& open) {
    if (open.last_active > oldest_allowed) return;
    open.peer_took_some() ? open.touch() : open.finish(CloseReason::stalled);
  });
  arm_stall_timer();
  on_finished();
}

void ServerLoop::arm_stall_timer() {
  ActivityLink* oldest = shared_.open.stalled.oldest();
  stall_timer_->set(oldest != nullptr ? oldest->last_active + stall_look() : kNever);
}

/// Ends the connections that have been stalled longest until what all hold fits again. Returns
/// false if `latest` was one of them.
bool ServerLoop::relieve(const ServedConnection* latest) noexcept {
  if (walking_) {  // The walk may stand on the connection that would end.
    relieve_later_ = true;
    return true;
  }
  bool kept = true;
  walking_ = true;
  while (shared_.limits.holds_too_much()) {
    ActivityLink* const oldest = shared_.open.stalled_by_age.oldest();
    if (oldest == nullptr) break;  // Other loops hold it.
    const bool far_too_much = shared_.limits.holds_too_much(kTolerance);
    if (!far_too_much && peers_.relieve_elsewhere(oldest->last_active)) break;
    ServedConnection& longest = ServedConnection::of_age(*oldest);
    kept = kept && &longest != latest;
    shared_.tell_of_buffers();
    longest.finish(CloseReason::limit);
  }
  walking_ = false;
  on_finished();
  return kept;
}

void ServerLoop::release_held() {
  const Instant until = monotonic_now() + kHoldTick;
  // Releasing takes a connection off the list, so this walks backwards.
  const std::vector<StreamConnection*>& holding = shared_.open.holding;
  for (std::size_t i = holding.size(); i-- > 0;) {
    if (i < holding.size() && holding[i]->held_until() <= until) holding[i]->release_held();
  }
  arm_hold_timer();
}

void ServerLoop::arm_hold_timer() {
  hold_due_ = kNever;
  for (const StreamConnection* each : shared_.open.holding) {
    hold_due_ = std::min(hold_due_, each->held_until());
  }
  hold_timer_->set(hold_due_);
}

}  // namespace netecho
