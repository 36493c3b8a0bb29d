#include "core/net/connector.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "tests/core/net/sockets.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using testing::any_port;
using testing::any_unix_name;
using testing::bound_socket;
using testing::listening;

/// An address, and what keeps it as it is.
struct Place {
  SocketAddress address;
  std::vector<UniqueFd> held;
};

Place open_place(const SocketAddress& at, int type = SOCK_STREAM) {
  Place out;
  out.held.push_back(listening(at, 16, type));
  out.address = local_address(out.held[0].get());
  return out;
}

/// Refuses: its port is taken but nobody listens.
Place closed_place(const char* ip = "127.0.0.1") {
  Place out;
  out.held.push_back(bound_socket(any_port(ip)));
  out.address = local_address(out.held[0].get());
  return out;
}

/// Never answers: its backlog is full. unix says EAGAIN, TCP drops the SYN.
Place full_place(const SocketAddress& at) {
  Place out;
  out.held.push_back(listening(at, 0));
  out.address = local_address(out.held[0].get());
  for (int i = 0; i < 4; ++i) {
    UniqueFd fd{::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    static_cast<void>(::connect(fd.get(), out.address.data(), out.address.size()));
    out.held.push_back(std::move(fd));
  }
  return out;
}

ConnectorOptions options_for(std::string subject = "x") {
  ConnectorOptions out;
  out.subject = std::move(subject);
  out.timeout = 10s;
  return out;
}

/// The error of a connection that must fail.
Error failure(const std::vector<SocketAddress>& addresses, const ConnectorOptions& options) {
  try {
    static_cast<void>(connect_first(addresses, options));
  } catch (const Error& error) {
    return error;
  }
  FAIL("connected");
  return usage_error("", "", "");
}

std::ptrdiff_t open_descriptors() {
  using Iterator = std::filesystem::directory_iterator;
  return std::distance(Iterator{"/proc/self/fd"}, Iterator{});
}

TEST_CASE("connector: connects to an address that listens", "[connector][loopback]") {
  const Place server = open_place(any_port());
  const Connected got = connect_first(std::vector{server.address}, options_for());
  CHECK(got.peer == server.address);
  CHECK(peer_address(got.fd.get()) == server.address);
  CHECK(got.connect_time > 0ns);
  CHECK(got.connect_time < 5s);
  CHECK((::fcntl(got.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(got.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("connector: unix streams and records connect too", "[connector][loopback]") {
  const auto type = GENERATE(SocketType::stream, SocketType::seqpacket);
  const Place server =
      open_place(any_unix_name(), type == SocketType::stream ? SOCK_STREAM : SOCK_SEQPACKET);
  ConnectorOptions options = options_for();
  options.type = type;
  const Connected got = connect_first(std::vector{server.address}, options);
  CHECK(got.peer == server.address);
  CHECK(peer_address(got.fd.get()) == server.address);
}

TEST_CASE("connector: a refusal is told at once", "[connector][loopback]") {
  const Place closed = closed_place();
  const Error error = failure({closed.address}, options_for("tcp://127.0.0.1:7"));
  CHECK(std::string{error.what()} ==
        "connect tcp://127.0.0.1:7: Connection refused (ECONNREFUSED)");
  CHECK(error.category() == ErrorCategory::connect);
}

TEST_CASE("connector: the next address is tried when the first refuses", "[connector][loopback]") {
  const Place closed = closed_place();
  const Place server = open_place(any_port());
  ConnectorOptions options = options_for();
  options.attempt_delay = 1h;  // A failure does not wait for it.
  const Connected got = connect_first(std::vector{closed.address, server.address}, options);
  CHECK(got.peer == server.address);
}

TEST_CASE("connector: an address that does not answer costs only the attempt delay",
          "[connector][loopback]") {
  const auto at = GENERATE(0, 1) == 0 ? any_port() : any_unix_name();
  const Place silent = full_place(at);
  const Place server = open_place(at);
  const auto before = open_descriptors();
  const Instant start = monotonic_now();
  const Connected got = connect_first(std::vector{silent.address, server.address}, options_for());
  CHECK(monotonic_now() - start >= kConnectionAttemptDelay);
  CHECK(monotonic_now() - start < 5s);
  CHECK(got.peer == server.address);
  // Its own time, not that of who came before.
  CHECK(got.connect_time < kConnectionAttemptDelay);
  CHECK(open_descriptors() == before + 1);
}

TEST_CASE("connector: nobody answers in time", "[connector][loopback]") {
  const auto at = GENERATE(0, 1) == 0 ? any_port() : any_unix_name();
  const Place silent = full_place(at);
  const auto before = open_descriptors();
  ConnectorOptions options = options_for("tcp://h:7");
  options.timeout = 30ms;
  const Instant start = monotonic_now();
  const Error error = failure({silent.address}, options);
  CHECK(monotonic_now() - start >= 30ms);
  CHECK(std::string{error.what()} == "connect tcp://h:7: no answer within 30 ms (ETIMEDOUT)");
  CHECK(error.category() == ErrorCategory::connect);
  CHECK(error.error_number() == ETIMEDOUT);
  CHECK(open_descriptors() == before);
}

TEST_CASE("connector: a full unix backlog is waited for", "[connector][loopback]") {
  const Place busy = full_place(any_unix_name());
  const Place other = open_place(any_unix_name());
  ConnectorOptions options = options_for();
  options.attempt_delay = 1ms;
  options.prepare = [&](int, const SocketAddress& peer) {
    if (peer == busy.address) return;
    // The first attempt has met the full backlog by now. Make room, and take this way out.
    const UniqueFd accepted{::accept(busy.held[0].get(), nullptr, nullptr)};
    REQUIRE(accepted.valid());
    throw SysError{"bind", "", EADDRINUSE};
  };
  const Connected got = connect_first(std::vector{busy.address, other.address}, options);
  CHECK(got.peer == busy.address);
  CHECK(got.connect_time >= 1ms);
}

TEST_CASE("connector: of all failures the most telling one is reported", "[connector][loopback]") {
  // TCP to the broadcast address is refused by the kernel itself: no packet leaves.
  const SocketAddress nowhere = *SocketAddress::from_ip("255.255.255.255", 7);
  const Place closed = closed_place();
  CHECK(failure({nowhere}, options_for()).error_number() == ENETUNREACH);
  CHECK(failure({nowhere, closed.address}, options_for()).error_number() == ECONNREFUSED);
  CHECK(failure({closed.address, nowhere}, options_for()).error_number() == ECONNREFUSED);
}

TEST_CASE("connector: a pending signal ends the wait", "[connector][loopback]") {
  const Place silent = full_place(any_port());
  const UniqueFd signal{::eventfd(1, EFD_CLOEXEC)};
  const auto before = open_descriptors();
  ConnectorOptions options = options_for();
  options.timeout = 1h;
  options.interrupt_fd = signal.get();
  CHECK_THROWS_AS(connect_first(std::vector{silent.address}, options), Interrupted);
  CHECK(open_descriptors() == before);
}

TEST_CASE("connector: a socket is prepared before it connects", "[connector][loopback]") {
  const Place server = open_place(any_port());
  ConnectorOptions options = options_for();
  options.prepare = [&](int fd, const SocketAddress& peer) {
    CHECK(peer == server.address);
    const SocketAddress local = *SocketAddress::from_ip("127.0.0.9", 0);
    REQUIRE(::bind(fd, local.data(), local.size()) == 0);
  };
  const Connected got = connect_first(std::vector{server.address}, options);
  CHECK(local_address(got.fd.get()).ip() == "127.0.0.9");
}

TEST_CASE("connector: an address that can't be prepared leaves the others",
          "[connector][loopback]") {
  const Place first = open_place(any_port());
  const Place second = open_place(any_port());
  const Place closed = closed_place();
  ConnectorOptions options = options_for();
  options.attempt_delay = 1h;
  options.prepare = [&](int, const SocketAddress& peer) {
    if (peer == first.address) throw SysError{"bind", "[::1]:0", EINVAL};
  };
  CHECK(connect_first(std::vector{first.address, second.address}, options).peer == second.address);
  CHECK(failure({first.address}, options).operation() == "bind");
  // What a peer answered says more than what we could not even try.
  CHECK(failure({first.address, closed.address}, options).error_number() == ECONNREFUSED);
}

TEST_CASE("connector: a wrong option ends everything", "[connector][loopback]") {
  const Place first = open_place(any_port());
  const Place second = open_place(any_port());
  ConnectorOptions options = options_for();
  options.prepare = [&](int, const SocketAddress& peer) {
    if (peer == first.address) throw usage_error("--bind", "x", "no");
  };
  CHECK(failure({first.address, second.address}, options).category() == ErrorCategory::usage);
}

TEST_CASE("connector: meeting oneself is a refusal", "[connector][loopback]") {
  // Bound to the very port it connects to, TCP connects to itself without a listener.
  UniqueFd probe = bound_socket(any_port());
  const SocketAddress self = local_address(probe.get());
  probe.reset();
  ConnectorOptions options = options_for();
  options.prepare = [&](int fd, const SocketAddress&) {
    REQUIRE(::bind(fd, self.data(), self.size()) == 0);
  };
  CHECK(failure({self}, options).error_number() == ECONNREFUSED);
}

TEST_CASE("connector: without an address there is nothing to try", "[connector][unit]") {
  CHECK(failure({}, options_for()).reason() == "no address to connect to");
}

TEST_CASE("connector: the families take turns, beginning with the first", "[connector][unit]") {
  std::vector<SocketAddress> addresses;
  for (const char* ip : {"::1", "::2", "::3", "127.0.0.1", "127.0.0.2"}) {
    addresses.push_back(*SocketAddress::from_ip(ip, 7));
  }
  std::vector<std::string> order;
  for (const SocketAddress& each : interleave_families(addresses)) order.push_back(each.ip());
  CHECK(order == std::vector<std::string>{"::1", "127.0.0.1", "::2", "127.0.0.2", "::3"});
  CHECK(interleave_families({}).empty());
}

}  // namespace
}  // namespace netecho
