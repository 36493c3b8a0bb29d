#include "core/send/exchange.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <future>
#include <thread>

#include "core/send/payload.hpp"
#include "tests/core/send/exchange_peer.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::testing;
using namespace std::chrono_literals;

TEST_CASE("exchange: an echo is whole, and printed as it came", "[exchange][unit]") {
  Peer peer{echo};
  const Outcome out = run(peer, "안녕하세요");
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "안녕하세요");
  CHECK(out.result.sent_bytes == 15);
  CHECK(out.result.received_bytes == 15);
  CHECK(out.result.rtt > 0ns);
}

TEST_CASE("exchange: a server that answers and leaves at once was whole", "[exchange][unit]") {
  std::promise<void> gone;
  Peer peer{[&gone](int fd) {
    transmit(fd, "hello");
    ::shutdown(fd, SHUT_WR);
    gone.set_value();
    receive(fd, 100);
  }};
  gone.get_future().wait();
  const Outcome out = run(peer, "hello");
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "hello");
}

TEST_CASE("exchange: an empty payload needs no reply", "[exchange][unit]") {
  Peer peer{echo};
  CHECK(run(peer, "").result.status == ExchangeStatus::ok);
}

TEST_CASE("exchange: the first byte that differs is named", "[exchange][unit]") {
  Peer peer{[](int fd) {
    std::string bytes = receive(fd, 100);
    bytes[7] = '!';
    transmit(fd, bytes);
    hold(fd);
  }};
  const Outcome out = run(peer, "0123456789");
  CHECK(out.result.status == ExchangeStatus::mismatch);
  CHECK(out.result.offset == 7);
}

TEST_CASE("exchange: an echo cut short says how much came", "[exchange][unit]") {
  Peer peer{[](int fd) { transmit(fd, receive(fd, 100).substr(0, 4)); }};
  const Outcome out = run(peer, "0123456789");
  CHECK(out.result.status == ExchangeStatus::too_short);
  CHECK(out.result.received_bytes == 4);
  CHECK(out.reply == "0123");
}

TEST_CASE("exchange: more than was sent is too long", "[exchange][unit]") {
  Peer peer{[](int fd) {
    transmit(fd, receive(fd, 100) + "more");
    hold(fd);
  }};
  CHECK(run(peer, "0123456789").result.status == ExchangeStatus::too_long);
}

namespace {

/// Does something when it is asked for more than its bytes: at its end.
class EndingSource final : public PayloadSource {
 public:
  EndingSource(std::string bytes, std::function<void()> at_end)
      : bytes_{std::move(bytes)}, at_end_{std::move(at_end)} {}
  std::size_t read(std::span<std::byte> into) override {
    const std::size_t taken = std::min(bytes_.size(), into.size());
    std::memcpy(into.data(), bytes_.data(), taken);
    bytes_.erase(0, taken);
    if (taken == 0) at_end_();
    return taken;
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }

 private:
  std::string bytes_;
  std::function<void()> at_end_;
};

}  // namespace

TEST_CASE("exchange: a byte that comes behind a whole echo is one too many", "[exchange][unit]") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  const UniqueFd peer{ends[1]};
  Connection connection{.socket = ByteChannel{UniqueFd{ends[0]}},
                        .peer = {},
                        .local = std::nullopt,
                        .connect_time = std::nullopt};
  // A byte whenever the one before was taken: the echo is whole before there is one more.
  const std::string more = "12345678!";
  std::size_t sent = 0;
  const auto send_next = [&] {
    if (sent < more.size()) transmit(peer.get(), more.substr(sent++, 1));
  };
  EndingSource source{"12345678", send_next};
  ExchangeOptions options;
  options.on_reply = [&](std::span<const std::byte>) { send_next(); };
  const ExchangeResult result = exchange(connection, source, options);
  CHECK(result.status == ExchangeStatus::too_long);
  CHECK(result.offset == 8);
  CHECK(result.received_bytes == 9);
}

TEST_CASE("exchange: silence is a time-out", "[exchange][unit]") {
  Peer peer{hold};
  ExchangeOptions options;
  options.timeout = 50ms;
  const Outcome out = run(peer, "hello", options);
  CHECK(out.result.status == ExchangeStatus::timeout);
  CHECK(out.result.sent_bytes == 5);
  CHECK(out.result.received_bytes == 0);
}

TEST_CASE("exchange: a server that answers at the end of input needs the half-close",
          "[exchange][unit]") {
  Peer peer{[](int fd) {
    std::string all;
    for (std::string bytes = receive(fd, 100); !bytes.empty(); bytes = receive(fd, 100)) {
      all += bytes;
    }
    transmit(fd, all);
  }};
  ExchangeOptions options;
  options.timeout = 50ms;
  SECTION("with it") {
    options.half_close = true;
    CHECK(run(peer, "hello", options).result.status == ExchangeStatus::ok);
  }
  SECTION("without it") {
    CHECK(run(peer, "hello", options).result.status == ExchangeStatus::timeout);
  }
}

TEST_CASE("exchange: more than all buffers hold is verified, whatever the source can do",
          "[exchange][unit]") {
  std::string bytes(40'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 977);
  Peer peer{echo};
  SECTION("read again") {
    CHECK(run(peer, bytes).result.received_bytes == bytes.size());
  }
  SECTION("from a pipe, through the ring") {
    const PipedBytes input{bytes};
    const Outcome out = run(peer, *input.source());
    CHECK(out.result.status == ExchangeStatus::ok);
    CHECK(out.reply == bytes);
  }
}

TEST_CASE("exchange: a source that pauses is no time-out", "[exchange][unit]") {
  Pipe pipe;
  Peer peer{echo};
  std::thread typist{[&] {
    std::this_thread::sleep_for(150ms);  // Three times the time-out: the pause is what is tested.
    pipe.write("hello");
    pipe.writer.reset();
  }};
  ExchangeOptions options;
  options.timeout = 50ms;
  const Outcome out = run(peer, *fd_payload(pipe.reader.get(), "pipe"), options);
  typist.join();
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "hello");
}

TEST_CASE("exchange: one connection carries several, until the last", "[exchange][unit]") {
  Peer peer{echo};
  ExchangeOptions options;
  options.last = false;
  CHECK(run(peer, "one", options).reply == "one");
  CHECK(run(peer, "two", options).reply == "two");
  options.last = true;
  CHECK(run(peer, "three", options).result.status == ExchangeStatus::ok);
}

TEST_CASE("exchange: any reply will do, to its end", "[exchange][unit]") {
  Peer peer{[](int fd) {
    receive(fd, 100);
    transmit(fd, "something else");
  }};
  ExchangeOptions options;
  options.expect = Expect::any;
  const Outcome out = run(peer, "hello", options);
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "something else");
}

TEST_CASE("exchange: without an expected reply everything arrives before the end",
          "[exchange][unit]") {
  std::string arrived;
  {
    Peer peer{[&arrived](int fd) {
      for (std::string bytes = receive(fd, 100); !bytes.empty(); bytes = receive(fd, 100)) {
        arrived += bytes;
      }
    }};
    ExchangeOptions options;
    options.expect = Expect::none;
    CHECK(run(peer, "hello", options).result.status == ExchangeStatus::ok);
  }
  CHECK(arrived == "hello");
}

TEST_CASE("exchange: a pending signal interrupts it", "[exchange][unit]") {
  Peer peer{hold};
  const UniqueFd interrupt{::eventfd(1, EFD_CLOEXEC)};
  ExchangeOptions options;
  options.interrupt_fd = interrupt.get();
  CHECK(run(peer, "hello", options).result.status == ExchangeStatus::interrupted);
}
