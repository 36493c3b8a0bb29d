#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "core/base/clock.hpp"
#include "core/send/echo_verifier.hpp"
#include "core/send/exchange.hpp"
#include "core/send/payload.hpp"
#include "tests/core/send/exchange_peer.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

/// Far beyond every time-out here: what ends at it would never have ended.
constexpr Duration kForever = 20s;

ExchangeOptions impatient(Duration timeout = 50ms) {
  ExchangeOptions options;
  options.timeout = timeout;
  options.deadline = monotonic_now() + kForever;
  return options;
}

/// Sends for as long as anyone listens, and reads nothing.
void flood(int fd) {
  const std::string chunk(65'536, '*');
  while (::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) {
  }
}

/// Neither reads nor sends, until the other end is gone.
void ignore_all(int fd) {
  pollfd gone{fd, 0, 0};
  static_cast<void>(::poll(&gone, 1, -1));
}

}  // namespace

TEST_CASE("exchange: a full ring stops sending, and then silence is a time-out",
          "[exchange][unit]") {
  const PipedBytes input{std::string(2 * EchoVerifier::kRingBytes, 'x')};
  ExchangeOptions options = impatient();
  options.half_close = GENERATE(false, true);
  CAPTURE(options.half_close);
  Peer peer{hold};
  const Outcome out = run(peer, *input.source(), options);
  CHECK(out.result.status == ExchangeStatus::timeout);
  CHECK(out.result.sent_bytes == EchoVerifier::kRingBytes);
  CHECK(monotonic_now() < options.deadline);
}

TEST_CASE("exchange: the wait for an answer begins when the input ends", "[exchange][unit]") {
  Peer peer{[](int fd) {
    while (!receive(fd, 100).empty()) {
    }
    std::this_thread::sleep_for(20ms);  // No time-out, but not at once either.
    transmit(fd, "any answer");
  }};
  Pipe pipe;
  pipe.write("hello");
  std::thread typist{[&] {
    std::this_thread::sleep_for(300ms);  // Longer than the time-out: the pause is what is tested.
    pipe.writer.reset();
  }};
  ExchangeOptions options = impatient(200ms);
  options.expect = Expect::any;
  options.half_close = true;
  const Outcome out = run(peer, *fd_payload(pipe.reader.get(), "pipe"), options);
  typist.join();
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "any answer");
}

TEST_CASE("exchange: a whole echo is whole even if the peer leaves before the source ends",
          "[exchange][unit]") {
  std::promise<void> gone;
  Peer peer{[&gone](int fd) {
    transmit(fd, receive(fd, 100));
    ::shutdown(fd, SHUT_RDWR);
    gone.set_value();
  }};
  Pipe pipe;
  pipe.write("hello");
  ExchangeOptions options = impatient(5s);
  options.on_reply = [&](std::span<const std::byte>) {
    pipe.writer.reset();
    gone.get_future().wait();
  };
  const auto source = fd_payload(pipe.reader.get(), "pipe");
  CHECK(exchange(peer.connection(), *source, options).status == ExchangeStatus::ok);
}

TEST_CASE("exchange: a peer that leaves while there is more to come was too short",
          "[exchange][unit]") {
  Pipe pipe;
  pipe.write("hello");
  Peer peer{[](int fd) { transmit(fd, receive(fd, 100)); }};
  const Outcome out = run(peer, *fd_payload(pipe.reader.get(), "pipe"), impatient(5s));
  CHECK(out.result.status == ExchangeStatus::too_short);
  CHECK(out.reply == "hello");
}

TEST_CASE("exchange: an answer does not excuse a payload that was never taken",
          "[exchange][unit]") {
  Peer peer{[](int fd) {
    transmit(fd, "220 hello");
    ignore_all(fd);
  }};
  ExchangeOptions options = impatient();
  options.expect = Expect::any;
  const Outcome out = run(peer, std::string(8'000'000, 'x'), options);
  CHECK(out.result.status == ExchangeStatus::timeout);
  CHECK(out.result.sent_bytes < 8'000'000);
}

TEST_CASE("exchange: silence after an answer ends it, where any will do", "[exchange][unit]") {
  Peer peer{[](int fd) {
    transmit(fd, receive(fd, 100) + ", too");
    hold(fd);
  }};
  ExchangeOptions options = impatient();
  options.expect = Expect::any;
  const Outcome out = run(peer, "hello", options);
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "hello, too");
}

TEST_CASE("exchange: where any answer will do, none is still a time-out", "[exchange][unit]") {
  Peer peer{hold};
  ExchangeOptions options = impatient();
  options.expect = Expect::any;
  CHECK(run(peer, "hello", options).result.status == ExchangeStatus::timeout);
}

TEST_CASE("exchange: a peer that never stops talking can't hold up who expects nothing",
          "[exchange][unit]") {
  Peer peer{flood};
  ExchangeOptions options = impatient();
  options.expect = Expect::none;
  SECTION("what was sent is sent") {
    CHECK(run(peer, "hello", options).result.status == ExchangeStatus::ok);
  }
  SECTION("and its talk is no progress of what it does not take") {
    CHECK(run(peer, std::string(8'000'000, 'x'), options).result.status == ExchangeStatus::timeout);
  }
  CHECK(monotonic_now() < options.deadline);
}

TEST_CASE("exchange: the deadline ends even what moves", "[exchange][unit]") {
  Peer peer{flood};
  ExchangeOptions options;
  options.expect = Expect::any;
  options.deadline = monotonic_now() + 50ms;
  const auto source = literal_payload("hello");
  CHECK(exchange(peer.connection(), *source, options).status == ExchangeStatus::timeout);
}

TEST_CASE("exchange: 64 MiB come back from a peer that reads in small pieces", "[exchange][unit]") {
  Peer peer{[](int fd) {
    for (std::string bytes = receive(fd, 3'001); !bytes.empty(); bytes = receive(fd, 3'001)) {
      transmit(fd, bytes);
    }
  }};
  std::string bytes(64U * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 977);
  ExchangeOptions options;
  std::uint64_t seen = 0;
  options.on_progress = [&](std::uint64_t sent, std::uint64_t received) {
    CHECK(received <= sent);
    CHECK(received >= seen);
    seen = received;
  };
  const auto source = literal_payload(std::move(bytes));
  const ExchangeResult result = exchange(peer.connection(), *source, options);
  CHECK(result.status == ExchangeStatus::ok);
  CHECK(result.received_bytes == 64U * 1024 * 1024);
}

TEST_CASE("exchange: a difference far into the stream is named exactly", "[exchange][unit]") {
  constexpr std::size_t kWhere = 9'000'001;  // Beyond one turn of the ring.
  Peer peer{[](int fd) {
    std::size_t at = 0;
    for (std::string bytes = receive(fd, 65'536); !bytes.empty(); bytes = receive(fd, 65'536)) {
      if (at <= kWhere && kWhere < at + bytes.size()) bytes[kWhere - at] ^= 1;
      at += bytes.size();
      transmit(fd, bytes);
    }
  }};
  const std::string bytes(12'000'000, 'x');
  SECTION("against the source") {
    const Outcome out = run(peer, bytes);
    CHECK(out.result.status == ExchangeStatus::mismatch);
    CHECK(out.result.offset == kWhere);
  }
  SECTION("against the ring") {
    const PipedBytes input{bytes};
    const Outcome out = run(peer, *input.source());
    CHECK(out.result.status == ExchangeStatus::mismatch);
    CHECK(out.result.offset == kWhere);
  }
}

namespace {

/// Knows its size, as a block of a known length on a pipe may, but can't read it again.
class OnceOnly final : public PayloadSource {
 public:
  std::size_t read(std::span<std::byte> into) override { return inner_->read(into); }
  [[nodiscard]] int fd() const noexcept override { return -1; }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return inner_->size(); }

 private:
  std::unique_ptr<PayloadSource> inner_ = literal_payload("hello");
};

}  // namespace

TEST_CASE("exchange: a source that knows its size need not be one to read again",
          "[exchange][unit]") {
  Peer peer{echo};
  OnceOnly source;
  CHECK(run(peer, source).result.status == ExchangeStatus::ok);
}
