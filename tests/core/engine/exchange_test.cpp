#include "core/engine/exchange.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/engine/payload.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

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

std::string receive(int fd, std::size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

void transmit(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t taken = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (taken <= 0) return;
    sent += static_cast<std::size_t>(taken);
  }
}

/// Echoes to the end, as any RFC 862 server does.
void echo(int fd) {
  while (true) {
    const std::string bytes = receive(fd, 65'536);
    if (bytes.empty()) return;
    transmit(fd, bytes);
  }
}

void hold(int fd) {
  while (!receive(fd, 65'536).empty()) {
  }
}

struct Outcome {
  ExchangeResult result;
  std::string reply;
};

Outcome run(Peer& peer, PayloadSource& payload, ExchangeOptions options = {}) {
  Outcome out;
  options.on_reply = [&](std::span<const std::byte> piece) {
    out.reply.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  };
  out.result = exchange(peer.connection(), payload, options);
  return out;
}

Outcome run(Peer& peer, const std::string& payload, ExchangeOptions options = {}) {
  return run(peer, *literal_payload(payload), std::move(options));
}

}  // namespace

TEST_CASE("exchange: an echo is whole, and printed as it came", "[exchange][unit]") {
  Peer peer{echo};
  const Outcome out = run(peer, "안녕하세요");
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "안녕하세요");
  CHECK(out.result.sent_bytes == 15);
  CHECK(out.result.received_bytes == 15);
  CHECK(out.result.rtt > 0ns);
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
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    std::thread writer{[&, end = UniqueFd{ends[1]}] {
      for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t taken = ::write(end.get(), bytes.data() + at, bytes.size() - at);
        if (taken <= 0) return;
        at += static_cast<std::size_t>(taken);
      }
    }};
    const UniqueFd reader{ends[0]};
    const Outcome out = run(peer, *fd_payload(reader.get(), "pipe"));
    writer.join();
    CHECK(out.result.status == ExchangeStatus::ok);
    CHECK(out.reply == bytes);
  }
}

TEST_CASE("exchange: a source that pauses is no time-out", "[exchange][unit]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  Peer peer{echo};
  std::thread typist{[&] {
    std::this_thread::sleep_for(150ms);  // Three times the time-out: the pause is what is tested.
    static_cast<void>(::write(writer.get(), "hello", 5));
    writer.reset();
  }};
  ExchangeOptions options;
  options.timeout = 50ms;
  const Outcome out = run(peer, *fd_payload(reader.get(), "pipe"), options);
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

TEST_CASE("payload: lines keep their newline, and the last may lack one", "[payload][unit]") {
  const auto source = literal_payload("one\n\ntwo");
  LineReader lines{*source};
  std::vector<std::string> all;
  while (!lines.at_end()) {
    if (auto line = lines.next()) {
      all.push_back(*line);
    } else {
      lines.fill();
    }
  }
  CHECK(all == std::vector<std::string>{"one\n", "\n", "two"});
}

TEST_CASE("payload: a file that is missing or a folder says so", "[payload][unit]") {
  CHECK_THROWS_WITH(file_payload("/no/such/file"),
                    "open /no/such/file: No such file or directory (ENOENT)");
  CHECK_THROWS_WITH(file_payload("/"), "read /: Is a directory (EISDIR)");
}
