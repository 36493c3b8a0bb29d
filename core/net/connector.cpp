#include "core/net/connector.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/connect_errors.hpp"
#include "core/net/deadline.hpp"
#include "core/net/socket_type.hpp"

namespace netecho {
namespace {

/// A unix listener with a full backlog answers EAGAIN and says nothing when it has room again.
constexpr Duration kFirstRetry = std::chrono::milliseconds{1};
constexpr Duration kLongestRetry = std::chrono::milliseconds{20};

/// This is one address that is being tried.
struct Attempt {
  UniqueFd fd;
  SocketAddress peer;
  Instant started{};
  Instant retry_at = kNever;  ///< kNever: the kernel is at it, and POLLOUT tells the end.
  Duration retry_after = kFirstRetry;
};

/// This says why an address did not answer.
struct Failure {
  int error = 0;
  std::optional<IcmpError> icmp{};
};

/// A lower rank says more: a peer's own answer, then anything else, then that there is no way to
/// it.
int rank(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
      return 0;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return 2;
    default:
      return 1;
  }
}

/// After EINTR the kernel may have nothing under way: then "no error" is no connection.
bool connected(int fd) noexcept {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 || errno != ENOTCONN;
}

class Connector {
 public:
  Connector(std::span<const SocketAddress> addresses, const ConnectorOptions& options)
      : options_{options},
        addresses_{interleave_families(addresses)},
        deadline_{deadline_after(monotonic_now(), options.timeout)} {}

  Connected run();

 private:
  void start_next(Instant now);
  void try_connect(Attempt& attempt);
  void finish(Attempt& attempt, Instant now);
  void on_failure(Attempt& attempt, int error);
  void start_due(Instant now);
  void wait();
  [[nodiscard]] bool has_more() const noexcept { return next_ < addresses_.size(); }
  [[noreturn]] void fail_all() const;
  [[noreturn]] void fail_timeout() const;

  const ConnectorOptions& options_;
  const std::vector<SocketAddress> addresses_;
  const Instant deadline_;
  std::size_t next_ = 0;           ///< First address not tried yet.
  Instant next_start_{};           ///< When it may start; the past: at once.
  std::vector<Attempt> attempts_;  ///< Under way.
  std::vector<pollfd> waiting_;    ///< The interrupt, then one for each attempt.
  std::optional<Connected> winner_;
  std::optional<Failure> told_;      ///< The most telling one so far.
  std::exception_ptr not_prepared_;  ///< The first Error of `prepare`.
};

Connected Connector::run() {
  while (true) {
    const Instant now = monotonic_now();
    start_due(now);
    if (winner_) return std::move(*winner_);
    if (attempts_.empty()) {
      if (has_more()) continue;
      fail_all();
    }
    if (now >= deadline_) fail_timeout();
    wait();
    if (winner_) return std::move(*winner_);
  }
}

void Connector::start_due(Instant now) {
  for (Attempt& attempt : attempts_) {
    if (attempt.retry_at <= now && !winner_) try_connect(attempt);
  }
  if (has_more() && now >= next_start_ && !winner_) start_next(now);
  std::erase_if(attempts_, [](const Attempt& attempt) { return !attempt.fd.valid(); });
}

void Connector::start_next(Instant now) {
  Attempt& attempt = attempts_.emplace_back();
  attempt.peer = addresses_[next_++];
  next_start_ = deadline_after(now, options_.attempt_delay);
  attempt.fd.reset(::socket(attempt.peer.family(),
                            native_type(options_.type) | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            options_.protocol));
  if (!attempt.fd.valid()) return on_failure(attempt, errno);
  try {
    if (options_.prepare) options_.prepare(attempt.fd.get(), attempt.peer);
  } catch (const Error& error) {
    if (error.category() == ErrorCategory::usage) throw;
    if (!not_prepared_) not_prepared_ = std::current_exception();
    attempt.fd.reset();
    next_start_ = {};
    return;
  }
  keep_icmp_errors(attempt.fd.get(), attempt.peer, IcmpErrors::kept);
  attempt.started = monotonic_now();
  try_connect(attempt);
}

void Connector::try_connect(Attempt& attempt) {
  attempt.retry_at = kNever;
  const int result = ::connect(attempt.fd.get(), attempt.peer.data(), attempt.peer.size());
  const int error = result == 0 ? 0 : errno;
  if (error == 0) return finish(attempt, monotonic_now());
  // EINTR: the connection goes on being set up, and calling again would be wrong.
  if (error == EINPROGRESS || error == EINTR) return;
  if (error == EAGAIN && attempt.peer.family() == AF_UNIX) {
    attempt.retry_at = monotonic_now() + attempt.retry_after;
    attempt.retry_after = std::min(attempt.retry_after * 2, kLongestRetry);
    return;
  }
  on_failure(attempt, error);
}

void Connector::finish(Attempt& attempt, Instant now) {
  if (met_itself(attempt.fd.get(), attempt.peer)) return on_failure(attempt, ECONNREFUSED);
  keep_icmp_errors(attempt.fd.get(), attempt.peer, IcmpErrors::ignored);
  winner_ = Connected{std::move(attempt.fd), attempt.peer, now - attempt.started};
}

void Connector::on_failure(Attempt& attempt, int error) {
  if (!told_ || says_more(error, told_->error)) {
    const bool ip = attempt.fd.valid() && attempt.peer.family() != AF_UNIX;
    told_ = Failure{error, ip ? take_icmp_error(attempt.fd.get()) : std::nullopt};
  }
  attempt.fd.reset();
  next_start_ = {};
}

void Connector::wait() {
  Instant until = has_more() ? std::min(deadline_, next_start_) : deadline_;
  waiting_.assign(1, pollfd{options_.interrupt_fd, POLLIN, 0});
  for (const Attempt& attempt : attempts_) {
    // A socket that waits for its retry is left out: it would be "ready" all the time.
    waiting_.push_back({attempt.retry_at == kNever ? attempt.fd.get() : -1, POLLOUT, 0});
    until = std::min(until, attempt.retry_at);
  }
  if (poll_until(waiting_, until) == 0) return;
  const Instant now = monotonic_now();
  if (waiting_[0].revents != 0) throw Interrupted{};
  for (std::size_t i = 0; i < attempts_.size() && !winner_; ++i) {
    if (waiting_[i + 1].revents == 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(attempts_[i].fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
    if (error == 0 && !connected(attempts_[i].fd.get())) {
      try_connect(attempts_[i]);
    } else if (error == 0) {
      finish(attempts_[i], now);
    } else {
      on_failure(attempts_[i], error);
    }
  }
  std::erase_if(attempts_, [](const Attempt& attempt) { return !attempt.fd.valid(); });
}

void Connector::fail_all() const {
  if (told_ && told_->icmp) {
    throw UnreachableError{"connect", options_.subject, told_->error, *told_->icmp};
  }
  if (told_) throw SysError{"connect", options_.subject, told_->error};
  if (not_prepared_) std::rethrow_exception(not_prepared_);
  throw Error{ErrorCategory::connect, "connect", options_.subject, "no address to connect to"};
}

void Connector::fail_timeout() const {
  throw Error{ErrorCategory::connect, "connect", options_.subject,
              "no answer within " + format_limit(options_.timeout), ETIMEDOUT};
}

}  // namespace

bool says_more(int error, int other) noexcept {
  return rank(error) < rank(other);
}

bool met_itself(int fd, const SocketAddress& peer) {
  return peer.family() != AF_UNIX && local_address(fd) == peer;
}

std::vector<SocketAddress> interleave_families(std::span<const SocketAddress> addresses) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : addresses) {
    const bool like_first = address.family() == addresses.front().family();
    (like_first ? first : second).push_back(address);
  }
  std::vector<SocketAddress> out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

Connected connect_first(std::span<const SocketAddress> addresses, const ConnectorOptions& options) {
  return Connector{addresses, options}.run();
}

}  // namespace netecho
