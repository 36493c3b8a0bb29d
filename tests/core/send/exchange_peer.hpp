#pragma once

/// \file
/// The other end of an exchange over a stream: what each test makes of it.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>

#include "core/send/exchange.hpp"
#include "core/send/payload.hpp"
#include "tests/support/catch.hpp"

namespace netecho::testing {

/// A connection to a peer that runs `behave` on a thread with its end, and then closes it.
class Peer {
 public:
  template <typename Behave>
  explicit Peer(Behave behave) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    connection_.socket = ByteChannel{UniqueFd{ends[0]}};
    thread_ = std::thread{[behave, end = UniqueFd{ends[1]}] { behave(end.get()); }};
  }
  ~Peer() {
    std::get<ByteChannel>(connection_.socket).close();
    thread_.join();
  }
  Connection& connection() { return connection_; }

 private:
  Connection connection_{.socket = ByteChannel{UniqueFd{}},
                         .peer = {},
                         .local = std::nullopt,
                         .connect_time = std::nullopt};
  std::thread thread_;
};

inline std::string receive(int fd, std::size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

inline void transmit(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t taken = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (taken <= 0) return;
    sent += static_cast<std::size_t>(taken);
  }
}

/// Echoes to the end, as any RFC 862 server does.
inline void echo(int fd) {
  while (true) {
    const std::string bytes = receive(fd, 65'536);
    if (bytes.empty()) return;
    transmit(fd, bytes);
  }
}

inline void hold(int fd) {
  while (!receive(fd, 65'536).empty()) {
  }
}

struct Outcome {
  ExchangeResult result;
  std::string reply;
};

inline Outcome run(Peer& peer, PayloadSource& payload, ExchangeOptions options = {}) {
  Outcome out;
  options.on_reply = [&](std::span<const std::byte> piece) {
    out.reply.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  };
  out.result = exchange(peer.connection(), payload, options);
  return out;
}

inline Outcome run(Peer& peer, const std::string& payload, ExchangeOptions options = {}) {
  return run(peer, *literal_payload(payload), std::move(options));
}

/// A pipe, for sources that can't be read again.
struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  void write(const std::string& bytes) const {
    REQUIRE(::write(writer.get(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
  }
  UniqueFd reader;
  UniqueFd writer;
};

/// A pipe that a thread fills with all of `bytes`, and then ends; what nobody reads is discarded.
class PipedBytes {
 public:
  explicit PipedBytes(std::string bytes)
      : writer_{[bytes = std::move(bytes), end = std::move(pipe_.writer)] {
          for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t taken = ::write(end.get(), bytes.data() + at, bytes.size() - at);
            if (taken <= 0) return;
            at += static_cast<std::size_t>(taken);
          }
        }} {}
  ~PipedBytes() {
    std::string rest(65'536, '\0');
    while (::read(pipe_.reader.get(), rest.data(), rest.size()) > 0) {
    }
    writer_.join();
  }
  PipedBytes(const PipedBytes&) = delete;
  PipedBytes& operator=(const PipedBytes&) = delete;

  [[nodiscard]] std::unique_ptr<PayloadSource> source() const {
    return fd_payload(pipe_.reader.get(), "pipe");
  }

 private:
  Pipe pipe_;
  std::thread writer_;
};

}  // namespace netecho::testing
