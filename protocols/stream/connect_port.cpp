#include "protocols/stream/connect_port.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "protocols/ip/bind_ip.hpp"

namespace netecho {
namespace {

constexpr std::size_t kEventsAtOnce = 64;
constexpr std::uint64_t kWakeId = UINT64_MAX;

class ConnectPort final : public MessagePort {
 public:
  ConnectPort(ConnectTarget target, const ConnectOptions& options)
      : target_{std::move(target)},
        options_{options},
        epoll_{checked("epoll_create1", target_.subject,
                       [] { return ::epoll_create1(EPOLL_CLOEXEC); })},
        wake_{checked("eventfd", target_.subject,
                      [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeId;
    checked("epoll_ctl", target_.subject,
            [&] { return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event); });
    // What cannot hold for the options is said here, where it may throw.
    static_cast<void>(open_socket());
  }

  BatchResult send(Batch& batch) noexcept override;
  BatchResult receive(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return epoll_.get(); }
  [[nodiscard]] std::optional<SocketDescription> peer(std::size_t /*index*/) const override {
    return describe(target_.address, target_.kernel_type == SOCK_STREAM ? SocketType::stream
                                                                        : SocketType::seqpacket);
  }

 private:
  /// One connection; its message buffer is kept when it is used again.
  struct Attempt {
    UniqueFd fd;
    std::vector<std::byte> message;
    Instant started{};
    Instant ended{};
    int error = 0;
    std::optional<IcmpError> icmp{};
    bool open = false;
  };

  [[nodiscard]] UniqueFd open_socket() const;
  [[nodiscard]] int start(const Slot& slot, Instant& started) noexcept;
  void finish(std::size_t index, int error, Instant at) noexcept;
  void poll_connections() noexcept;
  void expire(Instant now) noexcept;
  void deliver(Batch& batch) noexcept;

  ConnectTarget target_;
  ConnectOptions options_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::vector<Attempt> attempts_;
  std::vector<std::size_t> free_;
  std::vector<std::size_t> done_;
  std::size_t open_ = 0;
  bool woken_ = false;  ///< wake_ is readable: something is in done_.
  Instant next_expiry_ = kNever;
  std::array<IcmpError, kEventsAtOnce> said_{};  ///< Of the last batch; see Slot::icmp.
};

UniqueFd ConnectPort::open_socket() const {
  UniqueFd fd{checked("socket", target_.subject, [&] {
    return ::socket(target_.address.family(), target_.kernel_type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    0);
  })};
  prepare_client(fd.get(), target_.address.family(), options_.socket, target_.honoured,
                 target_.subject);
  keep_icmp_errors(fd.get(), target_.address.family(), IcmpErrors::kept);
  return fd;
}

/// 0, or the errno of a connection that could not even be started.
int ConnectPort::start(const Slot& slot, Instant& started) noexcept try {
  UniqueFd fd = open_socket();
  if (free_.empty()) {
    attempts_.emplace_back();
    free_.push_back(attempts_.size() - 1);
    // finish() and deliver() must not allocate.
    done_.reserve(attempts_.capacity());
    free_.reserve(attempts_.capacity());
  }
  const std::size_t index = free_.back();
  Attempt& attempt = attempts_[index];
  attempt.message.assign(slot.data, slot.data + slot.size);
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLONESHOT;
  event.data.u64 = index;

  started = monotonic_now();
  const int result = ::connect(fd.get(), target_.address.data(), target_.address.size());
  const int error = result == 0 ? 0 : errno;
  const Instant returned = monotonic_now();
  // EAGAIN: a unix backlog is full, or no local port is left; nothing is under way.
  if (error == EAGAIN || error == EADDRNOTAVAIL) return error;
  const bool waiting = error == EINPROGRESS || error == EINTR;
  if (waiting && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return errno;

  free_.pop_back();
  attempt.fd = std::move(fd);
  attempt.started = started;
  attempt.open = true;
  ++open_;
  next_expiry_ = std::min(next_expiry_, started + options_.connect_timeout);
  if (!waiting) finish(index, error, returned);
  return 0;
} catch (const Error& error) {
  return error.error_number() != 0 ? error.error_number() : EINVAL;
} catch (const std::exception&) {
  return ENOMEM;
}

void ConnectPort::finish(std::size_t index, int error, Instant at) noexcept {
  Attempt& attempt = attempts_[index];
  attempt.icmp = error != 0 && target_.address.family() != AF_UNIX
                     ? take_icmp_error(attempt.fd.get())
                     : std::nullopt;
  attempt.fd.reset();
  attempt.error = error;
  attempt.ended = at;
  attempt.open = false;
  --open_;
  done_.push_back(index);
  if (std::exchange(woken_, true)) return;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

BatchResult ConnectPort::send(Batch& batch) noexcept {
  std::size_t sent = 0;
  expire(monotonic_now());
  for (; batch.next < batch.count; ++batch.next) {
    Slot& slot = batch.slots()[batch.next];
    if (slot.skip) continue;
    const int error = start(slot, slot.at);
    if (error != 0) {
      if (sent > 0) break;
      return {IoStatus::failed, 0, error};
    }
    ++sent;
  }
  return {IoStatus::ok, sent, 0};
}

void ConnectPort::poll_connections() noexcept {
  std::array<epoll_event, kEventsAtOnce> events{};
  const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  const Instant at = monotonic_now();
  for (int i = 0; i < ready; ++i) {
    const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
    if (id == kWakeId || !attempts_[id].open) continue;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(attempts_[id].fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    finish(id, error, at);
  }
}

/// Connections that nobody answered must not hold descriptors for minutes.
void ConnectPort::expire(Instant now) noexcept {
  if (now < next_expiry_) return;
  next_expiry_ = kNever;
  for (std::size_t i = 0; i < attempts_.size() && open_ > 0; ++i) {
    if (!attempts_[i].open) continue;
    const Instant expiry = attempts_[i].started + options_.connect_timeout;
    if (expiry <= now) {
      finish(i, ETIMEDOUT, now);
    } else {
      next_expiry_ = std::min(next_expiry_, expiry);
    }
  }
}

void ConnectPort::deliver(Batch& batch) noexcept {
  const std::size_t count = std::min({done_.size(), batch.slots().size(), said_.size()});
  for (std::size_t i = 0; i < count; ++i) {
    Attempt& attempt = attempts_[done_[i]];
    Slot& slot = batch.slots()[i];
    const std::size_t size = std::min(attempt.message.size(), batch.slot_bytes());
    slot = {};
    slot.data = batch.storage(i);
    std::copy_n(attempt.message.begin(), size, slot.data);
    slot.size = static_cast<std::uint32_t>(size);
    slot.at = attempt.ended;
    slot.error = attempt.error;
    if (attempt.icmp) slot.icmp = &(said_[i] = *attempt.icmp);
    free_.push_back(done_[i]);
  }
  done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(count));
  batch.count = count;
}

BatchResult ConnectPort::receive(Batch& batch) noexcept {
  batch.count = 0;
  batch.next = 0;
  poll_connections();
  expire(monotonic_now());
  deliver(batch);
  if (done_.empty() && std::exchange(woken_, false)) {
    std::uint64_t wakes = 0;
    static_cast<void>(!::read(wake_.get(), &wakes, sizeof wakes));
  }
  if (batch.count == 0) return {IoStatus::would_block, 0, 0};
  return {IoStatus::ok, batch.count, 0};
}

}  // namespace

std::unique_ptr<MessagePort> make_connect_port(ConnectTarget target,
                                               const ConnectOptions& options) {
  if (target.address.family() == AF_UNIX && options.socket.bind) {
    throw usage_error("--bind", *options.socket.bind,
                      "one name cannot be that of a connection a probe");
  }
  return std::make_unique<ConnectPort>(std::move(target), options);
}

}  // namespace netecho
