#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/base/clock.hpp"
#include "core/send/exchange.hpp"
#include "core/send/payload.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

/// A message socket whose peer answers at once, by a rule of the test's. Sockets only make the
/// port ready; nothing here takes time.
class ScriptedPort final : public MessagePort {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string&)>;

  explicit ScriptedPort(Answer answer) : answer_{std::move(answer)} {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    near_.reset(ends[0]);
    far_.reset(ends[1]);
  }

  BatchResult receive(Batch& batch) noexcept override {
    Slot& slot = batch.slots().front();
    slot = Slot{};
    slot.data = batch.storage(0);
    const ssize_t got = ::recv(near_.get(), slot.data, batch.slot_bytes(), 0);
    if (got < 0) return {closed_ ? IoStatus::closed : IoStatus::would_block, 0, 0};
    slot.size = static_cast<std::uint32_t>(got);
    slot.at = monotonic_now();
    slot.error = std::exchange(slot_error_, 0);
    batch.count = 1;
    batch.next = 0;
    return {IoStatus::ok, 1, 0};
  }

  BatchResult send(Batch& batch) noexcept override {
    if (send_error_ != 0) return {IoStatus::failed, 0, send_error_};
    Slot& slot = batch.slots()[batch.next];
    slot.at = monotonic_now();
    sent_.assign(reinterpret_cast<const char*>(slot.data), slot.size);
    ++batch.next;
    ++messages_;
    if (const auto reply = answer_(sent_)) deliver(*reply);
    return {IoStatus::ok, 1, 0};
  }

  [[nodiscard]] int fd() const noexcept override { return near_.get(); }

  void deliver(const std::string& message) const {
    static_cast<void>(::send(far_.get(), message.data(), message.size(), 0));
  }
  void fail_sends(int error) { send_error_ = error; }
  void refuse(int error) { slot_error_ = error; }
  void close() { closed_ = true; }
  [[nodiscard]] const std::string& sent() const { return sent_; }
  [[nodiscard]] int messages() const { return messages_; }

 private:
  Answer answer_;
  UniqueFd near_;
  UniqueFd far_;
  std::string sent_;
  int messages_ = 0;
  int send_error_ = 0;
  int slot_error_ = 0;
  bool closed_ = false;
};

struct Outcome {
  ExchangeResult result;
  std::string reply;
};

/// A connection over a scripted port.
class Line {
 public:
  explicit Line(ScriptedPort::Answer answer) {
    auto port = std::make_unique<ScriptedPort>(std::move(answer));
    port_ = port.get();
    connection_.socket = std::move(port);
  }
  ScriptedPort& port() { return *port_; }
  Outcome run(const std::string& message, ExchangeOptions options = {}) {
    Outcome out;
    options.on_reply = [&](std::span<const std::byte> piece) {
      out.reply.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    };
    out.result = exchange(connection_, *literal_payload(message), options);
    return out;
  }

 private:
  Connection connection_{.socket = ByteChannel{UniqueFd{}},
                         .peer = {},
                         .local = std::nullopt,
                         .connect_time = std::nullopt};
  ScriptedPort* port_ = nullptr;
};

std::optional<std::string> echo(const std::string& message) {
  return message;
}
std::optional<std::string> keep_silent(const std::string& /*message*/) {
  return std::nullopt;
}

ExchangeOptions impatient() {
  ExchangeOptions options;
  options.timeout = 50ms;
  return options;
}

}  // namespace

TEST_CASE("exchange: all input is one message, and so is its echo", "[exchange][unit]") {
  Line line{echo};
  const std::string message(60'000, 'x');
  const Outcome out = line.run(message);
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.result.sent_bytes == 60'000);
  CHECK(out.result.received_bytes == 60'000);
  CHECK(out.result.rtt > 0ns);
  CHECK(out.reply == message);
  CHECK(line.port().messages() == 1);
}

TEST_CASE("exchange: an empty message is sent, and echoed", "[exchange][unit]") {
  Line line{echo};
  const Outcome out = line.run("");
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.result.received_bytes == 0);
  CHECK(line.port().messages() == 1);
}

TEST_CASE("exchange: an empty message without a reply is a time-out", "[exchange][unit]") {
  Line line{keep_silent};
  CHECK(line.run("", impatient()).result.status == ExchangeStatus::timeout);
}

TEST_CASE("exchange: a message that comes back otherwise says how", "[exchange][unit]") {
  struct Case {
    std::string reply;
    ExchangeStatus status;
    std::uint64_t offset;
  };
  const Case expected = GENERATE(
      Case{"hellO", ExchangeStatus::mismatch, 4}, Case{"Jello there", ExchangeStatus::mismatch, 0},
      Case{"hell", ExchangeStatus::too_short, 4}, Case{"", ExchangeStatus::too_short, 0},
      Case{"hello!", ExchangeStatus::too_long, 5});
  CAPTURE(expected.reply);
  Line line{[&](const std::string&) { return std::optional{expected.reply}; }};
  const Outcome out = line.run("hello");
  CHECK(out.result.status == expected.status);
  CHECK(out.result.offset == expected.offset);
  CHECK(out.result.received_bytes == expected.reply.size());
  CHECK(out.reply == expected.reply);
}

TEST_CASE("exchange: any message will do, where that is asked for", "[exchange][unit]") {
  Line line{[](const std::string&) { return std::optional<std::string>{"another"}; }};
  ExchangeOptions options;
  options.expect = Expect::any;
  const Outcome out = line.run("hello", options);
  CHECK(out.result.status == ExchangeStatus::ok);
  CHECK(out.reply == "another");
}

TEST_CASE("exchange: no message is waited for, where none is expected", "[exchange][unit]") {
  Line line{keep_silent};
  ExchangeOptions options;
  options.expect = Expect::none;
  CHECK(line.run("hello", options).result.status == ExchangeStatus::ok);
  CHECK(line.port().sent() == "hello");
}

TEST_CASE("exchange: a late reply is not the next one's", "[exchange][unit]") {
  Line line{keep_silent};
  CHECK(line.run("one", impatient()).result.status == ExchangeStatus::timeout);
  line.port().deliver("one");
  CHECK(line.run("two", impatient()).result.status == ExchangeStatus::timeout);
}

TEST_CASE("exchange: a message that the network refused carries the reason", "[exchange][unit]") {
  Line line{echo};
  const auto [error, status] = GENERATE(std::pair{ECONNREFUSED, ExchangeStatus::refused},
                                        std::pair{EHOSTUNREACH, ExchangeStatus::failed});
  line.port().refuse(error);
  const Outcome out = line.run("hello");
  CHECK(out.result.status == status);
  CHECK(out.result.error == error);
  CHECK(out.result.received_bytes == 0);
  CHECK(out.reply.empty());
}

TEST_CASE("exchange: a message that can't be sent carries the reason", "[exchange][unit]") {
  Line line{echo};
  const auto [error, status] = GENERATE(std::pair{EMSGSIZE, ExchangeStatus::not_sent},
                                        std::pair{ECONNREFUSED, ExchangeStatus::refused});
  line.port().fail_sends(error);
  const Outcome out = line.run("hello");
  CHECK(out.result.status == status);
  CHECK(out.result.error == error);
  CHECK(out.result.sent_bytes == 0);
}

TEST_CASE("exchange: a record connection that its peer has left is too short", "[exchange][unit]") {
  Line line{keep_silent};
  SECTION("while the echo is awaited") {
    line.port().close();
    const Outcome out = line.run("hello", impatient());
    CHECK(out.result.status == ExchangeStatus::too_short);
    CHECK(out.result.sent_bytes == 5);
  }
  SECTION("before the next record leaves") {
    const int error = GENERATE(EPIPE, ECONNRESET);
    line.port().fail_sends(error);
    const Outcome out = line.run("hello", impatient());
    CHECK(out.result.status == ExchangeStatus::too_short);
    CHECK(out.result.error == error);
    CHECK(out.result.sent_bytes == 0);
  }
}

TEST_CASE("exchange: a pending signal ends the wait for a message", "[exchange][unit]") {
  Line line{keep_silent};
  const UniqueFd interrupt{::eventfd(1, EFD_CLOEXEC)};
  ExchangeOptions options;
  options.interrupt_fd = interrupt.get();
  CHECK(line.run("hello", options).result.status == ExchangeStatus::interrupted);
}

TEST_CASE("exchange: the deadline also limits a message", "[exchange][unit]") {
  Line line{keep_silent};
  ExchangeOptions options;
  options.deadline = monotonic_now() + 50ms;
  CHECK(line.run("hello", options).result.status == ExchangeStatus::timeout);
  CHECK(monotonic_now() < options.deadline + options.timeout);
}
