#include "protocols/stream/connect_port.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/connect_errors.hpp"
#include "core/net/connector.hpp"
#include "core/net/socket_type.hpp"
#include "protocols/stream/connect_events.hpp"

namespace netecho {
namespace {

/// Nothing is under way then: a unix backlog is full, or no local port is left.
bool never_left(int error) noexcept {
  return error == EAGAIN || error == EADDRNOTAVAIL;
}

/// Returns 0, or the errno of a connection that is over. What ICMP said lies in the error queue a
/// moment before it is the socket's own error: "no error" is no connection then, and another
/// connect() waits until the kernel is done.
int errno_of(const ConnectEvents::Ended& ended, int fd, const SocketAddress& peer) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0 || !ended.has_error) return error;
  return ::connect(fd, peer.data(), peer.size()) == 0 ? 0 : errno;
}

class ConnectPort final : public MessagePort, public Senders, public Path {
 public:
  ConnectPort(ConnectTarget target, Duration timeout);

  BatchResult send(Batch& batch) noexcept override;
  BatchResult receive(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return events_.fd(); }
  [[nodiscard]] Features features() noexcept override { return {.senders = this, .path = this}; }
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t index) const override {
    return index < delivered_.size() ? describe_winner(delivered_[index]) : std::nullopt;
  }
  [[nodiscard]] std::optional<SocketDescription> peer() const override {
    return describe_winner(last_winner_);
  }
  [[nodiscard]] std::optional<SocketDescription> local() const override { return std::nullopt; }

 private:
  using AddressIndex = std::optional<std::size_t>;

  /// One connection that is to be made; its memory is kept when it is used again.
  struct Attempt {
    std::vector<UniqueFd> sockets;  ///< One an address, valid while that one is under way.
    std::vector<std::byte> message;
    std::optional<Instant> started;
    Instant ended{};
    Instant next_start = kNever;  ///< When the next address has its turn.
    std::size_t next = 0;         ///< The first address that was not tried yet.
    std::size_t under_way = 0;
    AddressIndex winner;
    std::optional<int> told;          ///< The most telling errno so far …
    std::optional<IcmpError> icmp{};  ///< … and what the network said with it.
    bool left = false;                ///< After some connect(), something may have left this host.
    bool open = false;
  };

  [[nodiscard]] UniqueFd open_socket(std::size_t address) const;
  void check_options() const;
  [[nodiscard]] int start(const Slot& slot, Instant& started) noexcept;
  [[nodiscard]] std::size_t free_attempt();
  void try_addresses(std::size_t index) noexcept;
  /// False: it is over with that address, and why is noted.
  [[nodiscard]] bool try_address(std::size_t index, std::size_t address) noexcept;
  void stood(std::size_t index, std::size_t address, int fd, Instant at) noexcept;
  void fail(Attempt& attempt, std::size_t address, int fd, int error) noexcept;
  void finish(std::size_t index, int error, Instant at) noexcept;
  void start_due(Instant now) noexcept;
  void poll_connections() noexcept;
  void expire(Instant now) noexcept;
  void deliver(Batch& batch) noexcept;
  [[nodiscard]] std::optional<SocketDescription> describe_winner(AddressIndex winner) const;

  ConnectTarget target_;
  Duration timeout_;
  ConnectEvents events_;
  std::vector<Attempt> attempts_;
  std::vector<std::size_t> free_;
  std::vector<std::size_t> done_;
  std::vector<AddressIndex> delivered_;  ///< Who won, by slot of the last batch.
  AddressIndex last_winner_;
  std::size_t open_ = 0;
  Instant next_expiry_ = kNever;
  std::array<IcmpError, ConnectEvents::kAtOnce>
      said_{};  ///< Kept for the last batch; see Slot::icmp.
};

ConnectPort::ConnectPort(ConnectTarget target, Duration timeout)
    : target_{std::move(target)},
      timeout_{timeout},
      events_{target_.addresses.size() > 1 ? ConnectEvents::Turns::of_addresses
                                           : ConnectEvents::Turns::none,
              target_.subject} {
  target_.addresses = interleave_families(target_.addresses);
  check_options();
}

/// What cannot hold for any address is said here, where it may throw.
void ConnectPort::check_options() const {
  std::exception_ptr first;
  for (std::size_t i = 0; i < target_.addresses.size(); ++i) {
    try {
      static_cast<void>(open_socket(i));
      return;
    } catch (const Error& error) {
      if (error.category() == ErrorCategory::usage) throw;
      if (!first) first = std::current_exception();
    }
  }
  std::rethrow_exception(first);
}

UniqueFd ConnectPort::open_socket(std::size_t address) const {
  const SocketAddress& to = target_.addresses[address];
  const int family = to.family();
  const int type = native_type(target_.kind.type) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  UniqueFd fd{checked("socket", target_.subject,
                      [&] { return ::socket(family, type, target_.kind.protocol); })};
  target_.prepare(fd.get(), to);
  keep_icmp_errors(fd.get(), to, IcmpErrors::kept);
  return fd;
}

std::size_t ConnectPort::free_attempt() {
  if (free_.empty()) {
    attempts_.emplace_back().sockets.resize(target_.addresses.size());
    free_.push_back(attempts_.size() - 1);
    // finish() and deliver() must not allocate.
    done_.reserve(attempts_.capacity());
    free_.reserve(attempts_.capacity());
    delivered_.reserve(attempts_.capacity());
  }
  return free_.back();
}

/// 0, or the errno of a connection that could not even be started.
int ConnectPort::start(const Slot& slot, Instant& started) noexcept try {
  const std::size_t index = free_attempt();
  Attempt& attempt = attempts_[index];
  attempt.message.assign(slot.data, slot.data + slot.size);
  attempt.started.reset();
  attempt.next = 0;
  attempt.winner.reset();
  attempt.told.reset();
  attempt.icmp.reset();
  attempt.left = false;
  attempt.open = true;
  free_.pop_back();
  ++open_;
  try_addresses(index);
  started = attempt.started.value_or(monotonic_now());
  if (attempt.open) {
    next_expiry_ = std::min(next_expiry_, started + timeout_);
  } else if (!attempt.left) {
    done_.pop_back();  // Nobody is to hear of it.
    free_.push_back(index);
    return attempt.told.value_or(EINVAL);
  }
  return 0;
} catch (const std::exception&) {
  return ENOMEM;
}

/// The next address, and at once the one behind it where that fails at once (RFC 8305, section 5).
void ConnectPort::try_addresses(std::size_t index) noexcept {
  Attempt& attempt = attempts_[index];
  attempt.next_start = kNever;
  while (attempt.open && attempt.next < target_.addresses.size()) {
    if (!try_address(index, attempt.next++)) continue;
    if (attempt.open && attempt.next < target_.addresses.size()) {
      attempt.next_start = monotonic_now() + kConnectionAttemptDelay;
      events_.set_turn(std::min(events_.turn(), attempt.next_start));
    }
    return;
  }
  if (attempt.open && attempt.under_way == 0) {
    finish(index, attempt.told.value_or(EINVAL), monotonic_now());
  }
}

bool ConnectPort::try_address(std::size_t index, std::size_t address) noexcept try {
  Attempt& attempt = attempts_[index];
  UniqueFd fd = open_socket(address);
  const SocketAddress& to = target_.addresses[address];
  const Instant called = monotonic_now();
  const int result = ::connect(fd.get(), to.data(), to.size());
  int error = result == 0 ? 0 : errno;
  const Instant returned = monotonic_now();
  if (!attempt.started) attempt.started = called;
  attempt.left = attempt.left || !never_left(error);
  if (error == 0) {
    stood(index, address, fd.get(), returned);
    return !attempt.open;
  }
  if (error == EINPROGRESS || error == EINTR) {
    error = events_.watch(fd.get(), index * target_.addresses.size() + address);
    if (error == 0) {
      attempt.sockets[address] = std::move(fd);
      ++attempt.under_way;
      return true;
    }
  }
  fail(attempt, address, fd.get(), error);
  return false;
} catch (const Error& error) {
  fail(attempts_[index], address, -1, error.error_number() != 0 ? error.error_number() : EINVAL);
  return false;
} catch (const std::exception&) {
  fail(attempts_[index], address, -1, ENOMEM);
  return false;
}

void ConnectPort::stood(std::size_t index, std::size_t address, int fd, Instant at) noexcept try {
  if (met_itself(fd, target_.addresses[address])) {
    return fail(attempts_[index], address, fd, ECONNREFUSED);
  }
  attempts_[index].winner = last_winner_ = address;
  finish(index, 0, at);
} catch (const std::exception&) {
  fail(attempts_[index], address, fd, ENOTCONN);  // It is gone already.
}

/// Does not look after other addresses.
void ConnectPort::fail(Attempt& attempt, std::size_t address, int fd, int error) noexcept {
  const UniqueFd ended = std::move(attempt.sockets[address]);  // Closed when all is read of it.
  if (ended.valid()) --attempt.under_way;
  // That an address which answered before has no local port left says more than what others say.
  const bool exhausted = error == EADDRNOTAVAIL && last_winner_ == address;
  if (attempt.told && !exhausted && !says_more(error, *attempt.told)) return;
  const bool ip = fd >= 0 && target_.addresses[address].family() != AF_UNIX;
  attempt.told = error;
  attempt.icmp = ip ? take_icmp_error(fd) : std::nullopt;
}

void ConnectPort::finish(std::size_t index, int error, Instant at) noexcept {
  Attempt& attempt = attempts_[index];
  for (UniqueFd& each : attempt.sockets) each.reset();
  attempt.under_way = 0;
  attempt.next_start = kNever;
  if (attempt.told != error) attempt.icmp.reset();
  attempt.told = error;
  attempt.ended = at;
  attempt.open = false;
  --open_;
  done_.push_back(index);
  events_.tell();
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

void ConnectPort::start_due(Instant now) noexcept {
  if (now < events_.turn()) return;
  events_.set_turn(kNever);
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    if (attempts_[i].next_start <= now) try_addresses(i);
  }
  Instant next = kNever;
  for (const Attempt& each : attempts_) next = std::min(next, each.next_start);
  if (next != events_.turn()) events_.set_turn(next);
}

void ConnectPort::poll_connections() noexcept {
  const auto [connections, at] = events_.poll();
  for (const ConnectEvents::Ended& ended : connections) {
    const std::size_t index = ended.id / target_.addresses.size();
    const std::size_t address = ended.id % target_.addresses.size();
    const int fd = attempts_[index].sockets[address].get();
    if (fd < 0) continue;  // Another address of the attempt was faster.
    const int error = errno_of(ended, fd, target_.addresses[address]);
    error == 0 ? stood(index, address, fd, at) : fail(attempts_[index], address, fd, error);
    if (attempts_[index].open) try_addresses(index);
  }
  start_due(at);
}

/// Connections that nobody answered must not hold descriptors for minutes.
void ConnectPort::expire(Instant now) noexcept {
  if (now < next_expiry_) return;
  next_expiry_ = kNever;
  for (std::size_t i = 0; i < attempts_.size() && open_ > 0; ++i) {
    if (!attempts_[i].open) continue;
    const Instant expiry = attempts_[i].started.value_or(now) + timeout_;
    if (expiry <= now) {
      finish(i, ETIMEDOUT, now);
    } else {
      next_expiry_ = std::min(next_expiry_, expiry);
    }
  }
}

void ConnectPort::deliver(Batch& batch) noexcept {
  const std::size_t count = std::min({done_.size(), batch.slots().size(), said_.size()});
  delivered_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Attempt& attempt = attempts_[done_[i]];
    Slot& slot = batch.slots()[i];
    const std::size_t size = std::min(attempt.message.size(), batch.slot_bytes());
    slot = {};
    slot.data = batch.storage(i);
    std::copy_n(attempt.message.begin(), size, slot.data);
    slot.size = static_cast<std::uint32_t>(size);
    slot.at = attempt.ended;
    slot.error = attempt.told.value_or(0);
    if (slot.error != 0 && attempt.icmp) slot.icmp = &(said_[i] = *attempt.icmp);
    delivered_.push_back(attempt.winner);
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
  if (done_.empty()) events_.told();
  if (batch.count == 0) return {IoStatus::would_block, 0, 0};
  return {IoStatus::ok, batch.count, 0};
}

std::optional<SocketDescription> ConnectPort::describe_winner(AddressIndex winner) const {
  if (!winner) return std::nullopt;
  return describe(target_.addresses[*winner], target_.kind);
}

}  // namespace

std::unique_ptr<MessagePort> make_connect_port(ConnectTarget target, Duration timeout) {
  return std::make_unique<ConnectPort>(std::move(target), timeout);
}

}  // namespace netecho
