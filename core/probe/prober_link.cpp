#include "core/probe/prober_link.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/error.hpp"
#include "core/net/path_info.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// How often a connection that is being made is looked after: the rarer, the longer it takes.
constexpr Duration kFirstReopenPoll = 100us;
constexpr Duration kLastReopenPoll = 20ms;
/// The pauses between attempts grow up to a quarter of an interval, as far as that lies between
/// these: the first tick that can have a connection again has one.
constexpr Duration kFirstBackOff = 10ms;
constexpr Duration kLastBackOff = 1s;
/// A connection without a reply for a time-out, and for this long, is taken for dead: TCP itself
/// would keep it for a quarter of an hour.
constexpr Duration kLeastSilence = 500ms;
/// A datagram socket without a reply for this long is made anew: its name may have moved.
constexpr Duration kLookUpAgain = 60s;

/// What a socket meets for good that was connected before this host's address or interface changed,
/// or before the peer's socket was made anew (`by_path`: over IP it is as good as the old one, and
/// the refusals of other probes are still to come to this one). The network's own errors may pass,
/// too.
bool new_socket_may_help(int error, bool by_path) noexcept {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == EINVAL ||
         error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO || error == ENOENT ||
         (error == ECONNREFUSED && by_path);
}

}  // namespace

Link::Link(const ProbeTarget& target, const ProbeOptions& options, Waiter& waiter,
           std::uint32_t id) noexcept
    : target_{target}, options_{options}, waiter_{waiter}, id_{id} {}

void Link::prepare(MessagePort& port, std::size_t kept) const {
  if (options_.timestamps != TimestampSource::kernel) return;
  Timestamping* const timestamping = port.features().timestamping;
  if (timestamping == nullptr) {
    throw usage_error("option", "--timestamps",
                      "the kernel has no stamps for " + target_.target.uri);
  }
  timestamping->stamp_by_kernel(kept);
}

void Link::install(ProbeConnection connection, std::uint64_t sent) {
  connection_ = std::move(connection);
  features_ = connection_.port->features();
  // Trains only come in a flood, whose probes leave together anyway.
  trains_ = options_.floods() && features_.trains != nullptr && features_.trains->accept_trains();
  sent_before_ = sent;
  warm_ups_sent_ = 0;
  unheard_since_.reset();
  wants_write_ = connection_.port->wants_write();
  waiter_.watch(*connection_.port, id_);
  watched_ = stood_ = true;
}

void Link::stop_watching() {
  if (std::exchange(watched_, false)) waiter_.unwatch(*connection_.port);
}

ProbeConnection Link::look(Instant now) try {
  if (!reopening_) {
    if (target_.one_at_a_time) close();
    reopening_since_ = now;
    reopening_ = target_.reopen();
  }
  ProbeConnection made = reopening_->poll();
  if (made.port == nullptr) {
    reopen_at_ = now + std::clamp((now - reopening_since_) / 4, kFirstReopenPoll, kLastReopenPoll);
    return made;
  }
  reopening_.reset();
  reopen_at_.reset();
  return made;
} catch (const Error&) {
  reopening_.reset();
  throw;
}

void Link::reopen_later(Instant now) noexcept {
  reopen_at_ = now + back_off_;
  const Duration last = std::clamp(options_.mean_gap() / 4, kFirstBackOff, kLastBackOff);
  back_off_ = std::clamp(back_off_ * 2, kFirstBackOff, last);
}

void Link::begin_without() noexcept {
  back_off_ = kFirstBackOff;
}

void Link::give_up() noexcept {
  reopen_at_.reset();
  reopening_.reset();
}

bool Link::end_silence(Instant now) noexcept {
  if (!connected() || reopen_at_ || !reconnects()) return false;
  const Duration silence = now - *unheard_since_;
  if (!is_datagram()) return silence >= std::max(options_.timeout, kLeastSilence);
  if (silence >= kLookUpAgain) {
    unheard_since_ = now;
    reopen_at_ = now;
  }
  return false;
}

bool Link::is_gone(const BatchResult& sent) noexcept {
  return sent.status == IoStatus::closed || sent.error == EPIPE || sent.error == ECONNRESET ||
         sent.error == ENOTCONN || sent.error == ESHUTDOWN;
}

bool Link::new_one_may_help(int error) const noexcept {
  if (!is_datagram() || !reconnects() || reopen_at_) return false;
  return new_socket_may_help(error, target_.target.path.has_value());
}

/// Those met by a socket that lives on: all that the kernel makes of ICMP.
bool Link::concerns_one_message(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EACCES:
    case EPROTO:
    case EMSGSIZE:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENONET:
      return true;
    default:
      return false;
  }
}

std::optional<WallTime> Link::kernel_sent(std::uint64_t probe) const noexcept {
  if (features_.timestamping == nullptr) return std::nullopt;
  return features_.timestamping->kernel_sent(probe - 1 - sent_before_ + warm_ups_sent_);
}

void Link::tell_waiter() {
  if (!watched_ || connection_.port->wants_write() == wants_write_) return;
  wants_write_ = !wants_write_;
  waiter_.interest_changed(*connection_.port);
}

std::span<const std::byte> Link::unfinished() const noexcept {
  const bool none = !watched_ || !options_.echoes() || features_.reassembly == nullptr;
  return none ? std::span<const std::byte>{} : features_.reassembly->unfinished();
}

const SocketDescription* Link::sender_of(const Slot& message, std::size_t slot) {
  const bool by_slot = !options_.echoes() || message.elsewhere;
  if (!by_slot) return connection_.peer ? &*connection_.peer : nullptr;
  if (features_.senders == nullptr) return nullptr;
  sender_ = features_.senders->sender(slot);
  return sender_ ? &*sender_ : nullptr;
}

void Link::describe(Summary& summary) const {
  summary.peer = connection_.peer;
  summary.local = connection_.local;
  summary.connect = connection_.connect_time;
  if (connection_.port == nullptr) return;
  if (features_.path != nullptr) {  // It may have moved to another address.
    if (auto peer = features_.path->peer()) summary.peer = std::move(peer);
    if (auto local = features_.path->local()) summary.local = std::move(local);
  }
  if (!options_.echoes()) return;
  const PathInfo path = path_info(connection_.port->fd());
  summary.tcp_info = path.tcp_info;
  summary.path_mtu_bytes = path.path_mtu_bytes;
  summary.mptcp = path.mptcp;
}

}  // namespace netecho
