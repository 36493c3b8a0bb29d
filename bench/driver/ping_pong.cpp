/// \file
/// Many connections, each with `depth` messages under way: for every message that is back, the
/// next. Streams and records alike; a record must come back whole.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common.hpp"
#include "frames.hpp"

namespace bench {
namespace {

constexpr std::size_t kReadBytes = 65'536;
constexpr int kPatienceMs = 5000;

struct Connection {
  int fd = -1;
  std::uint64_t origin = 0;  ///< Where in the pattern its bytes begin; or its session.
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::array<char, kFrameBytes> begun{};  ///< The start of a frame whose rest is not there yet.
};

class PingPong {
 public:
  PingPong(const Target& target, Options& options)
      : target_{target},
        size_{options.number("size", 64)},
        depth_{options.number("depth", 1)},
        framed_{options.number("frames", 0) != 0},
        stopwatch_{options},
        pattern_{std::max(kReadBytes, static_cast<std::size_t>(size_ * depth_))},
        connections_(options.number("connections", 50)) {
    options.check_all_used();
    if (framed_ &&
        (size_ != kFrameBytes || !target_.is_stream() || (depth_ + 1) * size_ > buffer_.size())) {
      fail("frames are of 64 B, and for streams");
    }
  }

  void run() {
    connect_all();
    for (Connection& each : connections_) send(each, depth_);
    stopwatch_.start();
    while (true) {
      if (stopwatch_.warm_up_ends()) before_ = messages_;
      if (stopwatch_.over() && (messages_ > before_ || stopwatch_.elapsed_ns() > kPatienceNs))
        break;
      turn(true);
    }
    const std::uint64_t counted = messages_ - before_;
    // Nothing that is under way is lost, and nothing comes that was not sent.
    while (outstanding_ > 0) turn(false);
    print({.messages = counted,
           .bytes = counted * size_,
           .elapsed_ns = stopwatch_.elapsed_ns(),
           .all = messages_,
           .stamped = stamped_});
  }

 private:
  /// One by one, each with a first round trip: a server that forks is given the time to.
  void connect_all() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::uint64_t origin = framed_ ? now_ns() : 0;  // The session of a frame.
    for (Connection& each : connections_) {
      each.fd = target_.connect();
      each.origin = origin += 7919;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &each;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, each.fd, &event) != 0) fail_errno("epoll_ctl");
      send(each, 1);
      while (outstanding_ > 0) turn(false);
    }
  }

  void turn(bool answers) {
    const int ready =
        ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), kPatienceMs);
    if (ready == 0) fail("an echo is missing after 5 s");
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events_[static_cast<std::size_t>(i)].data.ptr);
      const std::uint64_t back = framed_ ? receive_frames(connection) : receive(connection);
      messages_ += back;
      outstanding_ -= back;
      if (answers && back > 0) send(connection, back);
    }
  }

  /// How many messages are back as a whole. A connection of records is read until it has no more.
  std::uint64_t receive(Connection& connection) {
    std::uint64_t back = 0;
    do {
      const ssize_t got = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return back;
      if (got < 0) fail_errno("recv");
      if (got == 0) fail("the server closed a connection");
      const auto bytes = static_cast<std::uint64_t>(got);
      if (!target_.is_stream() && bytes != size_) fail("a record came back in another size");
      if (connection.received + bytes > connection.sent) fail("more came back than was sent");
      if (std::memcmp(buffer_.data(), pattern_.at(connection.origin + connection.received),
                      bytes) != 0) {
        fail("other bytes came back");
      }
      const std::uint64_t before = connection.received / size_;
      connection.received += bytes;
      back += connection.received / size_ - before;
    } while (!target_.is_stream() && back < depth_);
    return back;
  }

  /// The same of frames, of which a server may have changed some bytes.
  std::uint64_t receive_frames(Connection& connection) {
    const std::size_t begun = connection.received % size_;
    std::memcpy(buffer_.data(), connection.begun.data(), begun);
    const ssize_t got =
        ::recv(connection.fd, buffer_.data() + begun, buffer_.size() - begun, MSG_DONTWAIT);
    if (got < 0) fail_errno("recv");
    if (got == 0) fail("the server closed a connection");
    std::uint64_t sequence = connection.received / size_;
    connection.received += static_cast<std::uint64_t>(got);
    if (connection.received > connection.sent) fail("more came back than was sent");
    const std::size_t end = begun + static_cast<std::size_t>(got);
    std::size_t at = 0;
    for (; end - at >= size_; at += size_) {
      const FrameEcho echo = read_frame(buffer_.data() + at, connection.origin, sequence++);
      if (echo == FrameEcho::other) fail("another frame came back");
      stamped_ += echo == FrameEcho::stamped ? 1 : 0;
    }
    std::memcpy(connection.begun.data(), buffer_.data() + at, end - at);
    return at / size_;
  }

  void send_frames(Connection& connection, std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      write_frame(buffer_.data() + i * size_, connection.origin, connection.sent / size_ + i);
    }
    const std::uint64_t bytes = messages * size_;
    if (::send(connection.fd, buffer_.data(), bytes, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes)) {
      fail_errno("send");
    }
    connection.sent += bytes;
    outstanding_ += messages;
  }

  /// May block, yet not for good: what is under way fits into the sockets' buffers.
  void send(Connection& connection, std::uint64_t messages) {
    if (framed_) return send_frames(connection, messages);
    const std::uint64_t at_once = target_.is_stream() ? messages * size_ : size_;
    for (std::uint64_t left = messages * size_; left > 0;) {
      const ssize_t sent = ::send(connection.fd, pattern_.at(connection.origin + connection.sent),
                                  std::min(left, at_once), MSG_NOSIGNAL);
      if (sent < 0) fail_errno("send");
      connection.sent += static_cast<std::uint64_t>(sent);
      left -= static_cast<std::uint64_t>(sent);
    }
    outstanding_ += messages;
  }

  const Target& target_;
  std::uint64_t size_;
  std::uint64_t depth_;
  bool framed_;  ///< netecho's frames, which are stamped, instead of the pattern.
  Stopwatch stopwatch_;
  Pattern pattern_;
  std::vector<Connection> connections_;
  std::array<epoll_event, 256> events_{};
  std::array<char, kReadBytes> buffer_{};
  int epoll_ = -1;
  std::uint64_t outstanding_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t stamped_ = 0;
  std::uint64_t before_ = 0;  ///< Of them, those of the warm-up.
};

}  // namespace

void ping_pong(const Target& target, Options& options) {
  PingPong{target, options}.run();
}

}  // namespace bench
