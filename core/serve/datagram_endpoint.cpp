#include "core/serve/datagram_endpoint.hpp"

#include <sys/epoll.h>

#include <utility>

#include "core/base/error.hpp"
#include "core/serve/direct_replies.hpp"
#include "core/serve/impaired_replies.hpp"
#include "core/serve/receive_rest.hpp"

namespace netecho {
namespace {

constexpr std::size_t kDatagramSlots = 32;
constexpr std::size_t kIpDatagramBytes = 65'536;
constexpr std::size_t kUnixDatagramBytes = 4 * 1024 * 1024;
/// So many full batches in a row are read before other sockets get their turn.
constexpr int kBatchesPerEvent = 16;

/// Under max_accepts a batch has one slot, so that no message is received and left unanswered.
std::size_t datagram_slots(const ServerOptions& options) noexcept {
  return options.max_accepts != 0 ? 1 : kDatagramSlots;
}

std::size_t datagram_slot_bytes(const SocketDescription& endpoint) noexcept {
  return endpoint.family == AddressFamily::unix_domain ? kUnixDatagramBytes : kIpDatagramBytes;
}

/// `Replies` is how replies leave: DirectReplies or ImpairedReplies. It is a template, as a virtual
/// function would cost the direct echo one more call a batch.
template <typename Replies>
class Datagrams final : public DatagramEndpoint {
 public:
  /// `way`: what Replies has to know besides the endpoint and the port.
  template <typename... Way>
  Datagrams(const ServedEndpoint& endpoint, std::unique_ptr<MessagePort> port, const Way&... way)
      : shared_{endpoint.shared},
        endpoint_{endpoint.stats},
        responder_{endpoint.responder},
        port_{std::move(port)},
        batch_{datagram_slots(shared_.options), datagram_slot_bytes(endpoint_.endpoint)},
        replies_{endpoint, *port_, way...},
        rest_{shared_, endpoint_, [this] { read_again(); }} {
    replies_.on_due([this] { send(); });
    ask_for_trains();
    shared_.reactor.add(port_->fd(), watched_, *this);
  }

  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  void stop() noexcept override;
  [[nodiscard]] bool stopped() const noexcept override { return stopped_; }
  void update_stats() noexcept override { endpoint_.kernel_drop_buffers_total = kernel_drops(); }
  void replace(std::unique_ptr<MessagePort> port) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return stopped_ ? -1 : port_->fd(); }

 private:
  /// Reads a batch and has it answered. Returns false if nothing came.
  [[nodiscard]] bool receive() noexcept;
  void send() noexcept;
  [[nodiscard]] bool has_room() const noexcept;
  [[nodiscard]] bool may_read() const noexcept { return watched_ == EPOLLIN && has_room(); }
  [[nodiscard]] bool more_is_likely() noexcept;
  void read_again() noexcept;
  [[nodiscard]] std::uint32_t wanted() const noexcept;
  void watch() noexcept;
  /// Returns false if that failed, which it reports.
  [[nodiscard]] bool watch_new_port() noexcept;
  void ask_for_trains() noexcept;
  [[nodiscard]] std::optional<std::uint64_t> kernel_drops() const noexcept;
  [[nodiscard]] MessageSource source() const noexcept {
    return {shared_, endpoint_, features_.senders};
  }

  ServerShared& shared_;
  EndpointStats& endpoint_;
  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  std::uint64_t drops_before_ = 0;  ///< The drops of ports that were replaced.
  Batch batch_;
  Replies replies_;
  std::uint64_t counted_ = 0;        ///< Answers that are in the server's total.
  std::uint32_t watched_ = EPOLLIN;  ///< 0 once stopped.
  bool blocked_ = false;             ///< The socket is full.
  bool reading_ = true;              ///< Not while it rests, and not once it drains.
  bool draining_ = false;
  bool stopped_ = false;
  ReceiveRest rest_;
};

template <typename Replies>
void Datagrams<Replies>::on_events(std::uint32_t /*events*/) noexcept {
  for (int round = 0; round < kBatchesPerEvent; ++round) {
    if (may_read() && !receive()) return;
    send();
    if (!more_is_likely() || !may_read()) return;
  }
}

template <typename Replies>
bool Datagrams<Replies>::receive() noexcept {
  const BatchResult received = port_->receive(batch_);
  if (received.status == IoStatus::would_block) return false;
  if (received.status != IoStatus::ok) {
    if (rest_.failed(received.error)) {
      reading_ = false;
      watch();
    }
    return false;
  }
  rest_.received();
  responder_.prepare(batch_, source());
  replies_.take(batch_);
  return true;
}

/// Sends what may leave, and goes on to wait for what is next.
template <typename Replies>
void Datagrams<Replies>::send() noexcept {
  blocked_ = replies_.send_due() == Sending::socket_full;
  const std::uint64_t answered = replies_.answered();
  shared_.limits.finished(answered - std::exchange(counted_, answered));
  if (draining_ && replies_.empty()) {
    stop();
    return shared_.on_finished();
  }
  if (shared_.options.max_accepts != 0) {
    shared_.on_finished();  // This may stop the server, and this socket with it.
    if (stopped_) return;
  }
  watch();
}

/// Whether one more reply may be made: those under way will count toward max_accepts, and other
/// loops count, too.
template <typename Replies>
bool Datagrams<Replies>::has_room() const noexcept {
  return shared_.options.max_accepts == 0 || shared_.limits.accepts_left() > replies_.size();
}

/// After a full batch or a train there is likely more; after any other, epoll knows.
template <typename Replies>
bool Datagrams<Replies>::more_is_likely() noexcept {
  return batch_.count == batch_.slots().size() || batch_.slots().front().segment_size != 0;
}

template <typename Replies>
void Datagrams<Replies>::read_again() noexcept {
  reading_ = true;
  watch();
}

template <typename Replies>
std::uint32_t Datagrams<Replies>::wanted() const noexcept {
  if (blocked_) return EPOLLOUT;
  return reading_ && has_room() ? EPOLLIN : 0U;
}

template <typename Replies>
void Datagrams<Replies>::watch() noexcept {
  const std::uint32_t events = wanted();
  if (events == watched_) return;
  watched_ = events;
  shared_.reactor.modify(port_->fd(), events, *this);
}

template <typename Replies>
void Datagrams<Replies>::begin_drain() noexcept {
  draining_ = true;
  reading_ = false;
  rest_.cancel();
  replies_.rush();
  if (!blocked_) send();
}

template <typename Replies>
void Datagrams<Replies>::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  rest_.cancel();
  watched_ = 0;
  shared_.reactor.remove(port_->fd(), *this);
  replies_.finish();
}

template <typename Replies>
void Datagrams<Replies>::replace(std::unique_ptr<MessagePort> port) noexcept {
  if (stopped_) return;
  replies_.move_to(*port);
  drops_before_ = kernel_drops().value_or(0);
  shared_.reactor.remove(port_->fd(), *this);
  port_ = std::move(port);
  features_ = port_->features();
  ask_for_trains();
  rest_.cancel();
  reading_ = !draining_;
  blocked_ = false;
  if (watch_new_port()) return send();
  stopped_ = true;
  watched_ = 0;
  replies_.finish();
}

template <typename Replies>
bool Datagrams<Replies>::watch_new_port() noexcept try {
  watched_ = wanted();
  shared_.reactor.add(port_->fd(), watched_, *this);
  return true;
} catch (const Error& error) {
  shared_.emit([&] { return error_event(error); });
  return false;
}

/// Where each message is traced or counted toward a limit, messages come singly.
template <typename Replies>
void Datagrams<Replies>::ask_for_trains() noexcept {
  const ServerOptions& options = shared_.options;
  const bool each_matters = !Replies::kTakesTrains || options.max_accepts != 0 ||
                            options.trace == TraceLevel::everything ||
                            options.show_payload_bytes != 0;
  if (features_.trains != nullptr && !each_matters) {
    static_cast<void>(features_.trains->accept_trains());
  }
}

/// Returns what the kernel dropped for this port and for those that it replaced; none if it does
/// not tell.
template <typename Replies>
std::optional<std::uint64_t> Datagrams<Replies>::kernel_drops() const noexcept {
  const Drops* const drops = features_.drops;
  return drops != nullptr ? std::optional{drops->kernel_drops() + drops_before_} : std::nullopt;
}

}  // namespace

std::unique_ptr<DatagramEndpoint> direct_datagrams(const ServedEndpoint& endpoint,
                                                   std::unique_ptr<MessagePort> port) {
  return std::make_unique<Datagrams<DirectReplies>>(endpoint, std::move(port));
}

std::unique_ptr<DatagramEndpoint> impaired_datagrams(const ServedEndpoint& endpoint,
                                                     const EndpointImpairment& impairment,
                                                     std::unique_ptr<MessagePort> port) {
  return std::make_unique<Datagrams<ImpairedReplies>>(endpoint, std::move(port), impairment,
                                                      EndpointImpairment::first_ordinal(0));
}

}  // namespace netecho
