// One suite over every transport of the registry: a new one is tested without an edit here. Where
// there is no server to open the kernel is the other end, and two ends that cannot be on one
// interface get a cable in a network of their own.

#include <algorithm>

#include "tests/protocols/echo_pair.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

std::string reason_of(const Backend& backend, const Endpoint& endpoint) {
  try {
    static_cast<void>(backend.connect(endpoint, {}));
    return "connected";
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::connect);
    return errno_name(error.error_number());
  }
}

/// How the other end of a cable sees a socket: its interface is known on its own host alone.
SocketDescription seen_from_afar(SocketDescription socket) {
  if (socket.interface) {
    socket.interface.reset();
    socket.uri.clear();
  }
  return socket;
}

}  // namespace

TEST_CASE("transport: a message comes back whole, whatever its size", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    std::vector<std::size_t> sizes{1, 1472, 2049, 8193, 65'507};
    if (backend->capabilities.boundaries) sizes.push_back(0);
    const std::size_t most = message_limit(pair.target());
    if (most != 0) {
      std::erase_if(sizes, [=](std::size_t size) { return size > most; });
      sizes.push_back(std::min<std::size_t>(most, 65'507));
    }
    if (most == 0 || most > (1U << 20U)) sizes.push_back((1U << 20U) + 1);
    for (const std::size_t size : sizes) {
      CAPTURE(size);
      CHECK(pair.round_trip(pattern(size)) == pattern(size));
    }
  }
}

TEST_CASE("transport: several messages keep their boundaries and their order",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.boundaries) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    Batch batch{8, 64};
    for (std::size_t i = 0; i < 8; ++i) {
      batch.slots()[i] = {};
      batch.slots()[i].data = batch.storage(i);
      batch.slots()[i].size = static_cast<std::uint32_t>(i);
      std::memset(batch.storage(i), static_cast<int>('a' + i), i);
    }
    batch.count = 8;
    batch.slots()[3].skip = true;
    CHECK(pair.port().send(batch).messages == 7);
    CHECK(batch.next == 8);
    pair.answer(7, batch);
    std::vector<std::size_t> sizes;
    while (sizes.size() < 7) {
      REQUIRE(await_messages(pair.port(), batch).status == IoStatus::ok);
      for (const Slot& slot : batch.filled()) {
        sizes.push_back(slot.size);
        CHECK(content(slot) == Bytes(slot.size, static_cast<std::byte>('a' + slot.size)));
      }
    }
    CHECK(sizes == std::vector<std::size_t>{0, 1, 2, 4, 5, 6, 7});
  }
}

TEST_CASE("transport: T1 and T4 enclose the exchange", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.boundaries) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    Batch batch{2, 64};
    REQUIRE(send_message(pair.port(), batch, pattern(8)).messages == 1);
    const Instant sent = batch.slots()[0].at;
    Instant between = sent;
    if (pair.has_server()) {
      REQUIRE(await_messages(pair.server_port(), batch).messages == 1);
      between = batch.slots()[0].at;
      pair.send_back(batch);
    }
    REQUIRE(await_messages(pair.port(), batch).messages == 1);
    CHECK(sent.time_since_epoch() > Duration::zero());
    CHECK(between >= sent);
    CHECK(batch.slots()[0].at >= between);
  }
}

TEST_CASE("transport: a message longer than its slot is flagged", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.boundaries) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    Batch large{1, 256};
    Batch small{2, 64};
    if (pair.has_server()) {
      REQUIRE(send_message(pair.port(), large, pattern(65)).status == IoStatus::ok);
      REQUIRE(await_messages(pair.server_port(), small).messages == 1);
      CHECK(small.filled()[0].truncated);
      CHECK(small.filled()[0].size == 64);
    }
    REQUIRE(send_message(pair.port(), large, pattern(65)).status == IoStatus::ok);
    pair.answer(1, large);
    REQUIRE(await_messages(pair.port(), small).messages == 1);
    CHECK(small.filled()[0].truncated);
    CHECK(small.filled()[0].size == 64);
  }
}

TEST_CASE("transport: nothing to read is would_block, not an end", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    if (pair.is_stream()) {
      Bytes buffer(16);
      CHECK(pair.channel().read_some(buffer).status == IoStatus::would_block);
      CHECK(pair.server_channel().read_some(buffer).status == IoStatus::would_block);
    } else {
      Batch batch{4, 64};
      for (int i = 0; i < 200; ++i) {
        REQUIRE(pair.port().receive(batch).status == IoStatus::would_block);
        if (!pair.has_server()) continue;
        REQUIRE(pair.server_port().receive(batch).status == IoStatus::would_block);
      }
    }
  }
}

TEST_CASE("transport: the end of a connection is seen once everything was read",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.connects) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    if (pair.is_stream()) {
      Bytes buffer(16);
      REQUIRE(pair.channel().write_some(pattern(3)).bytes == 3);
      pair.channel().shutdown_write();
      CHECK(await_bytes(pair.server_channel(), buffer).bytes == 3);
      CHECK(await_bytes(pair.server_channel(), buffer).status == IoStatus::closed);
      // Half-closed: the other direction still works.
      REQUIRE(pair.server_channel().write_some(pattern(2)).bytes == 2);
      CHECK(await_bytes(pair.channel(), buffer).bytes == 2);
    } else {
      Batch batch{4, 64};
      REQUIRE(send_message(pair.port(), batch, {}).messages == 1);
      ::shutdown(pair.port().fd(), SHUT_WR);
      const BatchResult empty = await_messages(pair.server_port(), batch);
      CHECK(empty.status == IoStatus::ok);
      CHECK(empty.messages == 1);
      CHECK(batch.filled()[0].size == 0);
      CHECK(await_messages(pair.server_port(), batch).status == IoStatus::closed);
      REQUIRE(send_message(pair.server_port(), batch, pattern(2)).messages == 1);
      CHECK(await_messages(pair.port(), batch).messages == 1);
      pair.drop_server_side();
      CHECK(await_messages(pair.port(), batch).status == IoStatus::closed);
    }
  }
}

TEST_CASE("transport: a bound endpoint is described as it can be typed",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    CHECK(pair.client().peer.uri == pair.target().uri());
    CHECK(pair.client().connect_time.has_value() == backend->capabilities.connects);
    if (!pair.has_server()) continue;
    const SocketDescription& bound = pair.served().endpoint;
    CHECK(parse_endpoint(bound.uri, Role::client).uri() == bound.uri);
    CHECK(bound.transport == pair.client().peer.transport);
    CHECK(seen_from_afar(bound) == seen_from_afar(pair.client().peer));
    CHECK(bound.port != 0);
    CHECK_FALSE(pair.served().inherited);
  }
}

TEST_CASE("transport: the server can name a peer that has a name", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.boundaries) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    if (pair.has_server()) {
      Batch batch{2, 64};
      REQUIRE(send_message(pair.port(), batch, pattern(8)).messages == 1);
      REQUIRE(await_messages(pair.server_port(), batch).messages == 1);
      const Features features = pair.server_port().features();
      REQUIRE(features.senders != nullptr);
      const auto sender = features.senders->sender(0);
      REQUIRE(sender.has_value());
      REQUIRE(pair.client().local.has_value());
      CHECK(seen_from_afar(*sender) == seen_from_afar(*pair.client().local));
    }
    const Path* const path = pair.port().features().path;
    REQUIRE(path != nullptr);
    CHECK(path->peer() == pair.client().peer);
    CHECK(path->local() == pair.client().local);
  }
}

TEST_CASE("transport: its ports have the features that its row promises",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->capabilities.boundaries) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    const Features client = pair.port().features();
    CHECK((client.timestamping != nullptr) == backend->capabilities.kernel_stamps);
    if (!pair.has_server()) continue;
    const Features server = pair.server_port().features();
    CHECK(server.senders != nullptr);  // A trace names them.
    // A socket without connections has many peers, one of a connection has one.
    CHECK((server.readdressing != nullptr) != backend->capabilities.connects);
  }
}

TEST_CASE("transport: a server can hold an answer back while others come",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    const bool serves = backend->has_side(Role::serve) && backend->capabilities.boundaries;
    if (!serves || backend->capabilities.connects) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    MessagePort& server = pair.server_port();
    Readdressing* const readdressing = server.features().readdressing;
    REQUIRE(readdressing != nullptr);
    Connection other = backend->connect(pair.target(), {});
    auto& other_port = *std::get<std::unique_ptr<MessagePort>>(other.socket);
    Batch batch{2, 64};
    REQUIRE(send_message(pair.port(), batch, pattern(5), 1).messages == 1);
    REQUIRE(await_messages(server, batch).messages == 1);
    const PeerRef first = readdressing->peer_ref(0);
    const auto first_name = server.features().senders->sender(0);
    const Bytes held = content(batch.filled()[0]);
    REQUIRE(send_message(other_port, batch, pattern(7), 2).messages == 1);
    REQUIRE(await_messages(server, batch).messages == 1);
    const PeerRef second = readdressing->peer_ref(0);
    CHECK(first.same_peer(first));
    // All clients of packet on one interface are one station.
    CHECK(first.same_peer(second) == (first_name == server.features().senders->sender(0)));

    put_message(batch, held);
    readdressing->set_peer(0, first);
    CHECK(server.features().senders->sender(0) == first_name);  // A trace names whom it answers.
    pair.send_back(batch);
    REQUIRE(await_messages(pair.port(), batch).messages == 1);
    CHECK(content(batch.filled()[0]) == pattern(5));
    CHECK(other_port.receive(batch).status == IoStatus::would_block);
  }
}

TEST_CASE("transport: an endpoint in use is refused and stays in service",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CAPTURE(backend->kind.scheme);
    if (!backend->has_side(Role::serve)) continue;
    EchoPair pair{*backend};
    const Endpoint again = parse_endpoint(pair.served().endpoint.uri, Role::serve);
    try {
      static_cast<void>(backend->serve(again, {}));
      FAIL("bound twice");
    } catch (const Error& error) {
      CHECK(error.category() == ErrorCategory::connect);
      CHECK(error.error_number() == EADDRINUSE);
    }
    if (pair.is_stream() || takes_a_cable(*backend)) {
      CHECK(pair.round_trip(pattern(100)) == pattern(100));
    }
  }
}

TEST_CASE("transport: nobody there is refused", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    if (!backend->has_side(Role::serve)) continue;
    CAPTURE(backend->kind.scheme);
    const auto network = network_for(*backend);
    const TempFolder folder;
    std::vector<Served> served = backend->serve(bindable(*backend, folder), {});
    const Endpoint gone = target_of(*backend, served.front().endpoint);
    const bool has_port = served.front().endpoint.port.has_value();
    served.clear();
    if (takes_a_cable(*backend)) {
      CHECK(reason_of(*backend, gone) == "connected");  // A link tells nothing of its stations.
      continue;
    }
    if (backend->capabilities.connects || !has_port) {
      CHECK(reason_of(*backend, gone) == (has_port ? "ECONNREFUSED" : "ENOENT"));
      continue;
    }
    // A datagram is refused when the other host says so, with the payload it was about.
    Connection client = backend->connect(gone, {});
    auto& port = *std::get<std::unique_ptr<MessagePort>>(client.socket);
    Batch batch{4, 1024};
    for (int i = 0; i < 3; ++i) {
      REQUIRE(send_message(port, batch, pattern(40)).messages == 1);
      REQUIRE(await_messages(port, batch).status == IoStatus::ok);
      CHECK(batch.filled()[0].error == ECONNREFUSED);
      CHECK(content(batch.filled()[0]) == pattern(40));
    }
  }
}

TEST_CASE("transport: a connect port gives each message back once its connection is made",
          "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CHECK((backend->connect_port != nullptr) == backend->capabilities.connects);
    if (backend->connect_port == nullptr) continue;
    CAPTURE(backend->kind.scheme);
    EchoPair pair{*backend};
    const auto port = backend->connect_port(pair.target(), {});
    const Features features = port->features();
    REQUIRE(features.senders != nullptr);
    REQUIRE(features.path != nullptr);
    CHECK(features.path->peer() == std::nullopt);
    Batch batch{4, 64};
    for (std::size_t size = 0; size < 20; ++size) {
      REQUIRE(send_message(*port, batch, pattern(size)).messages == 1);
      const Instant sent = batch.slots()[0].at;
      REQUIRE(await_messages(*port, batch).messages == 1);
      CHECK(content(batch.filled()[0]) == pattern(size));
      CHECK(batch.filled()[0].error == 0);
      CHECK(batch.filled()[0].at > sent);
      CHECK(features.senders->sender(0) == pair.client().peer);
      CHECK(port->receive(batch).status == IoStatus::would_block);
    }
    pair.served().socket = std::unique_ptr<Acceptor>{};
    REQUIRE(send_message(*port, batch, pattern(5)).messages == 1);
    REQUIRE(await_messages(*port, batch).messages == 1);
    CHECK(batch.filled()[0].error == ECONNREFUSED);
    CHECK(content(batch.filled()[0]) == pattern(5));
    CHECK(features.senders->sender(0) == std::nullopt);
    CHECK(features.path->peer() == pair.client().peer);  // Whom the last that stood reached.
  }
}

TEST_CASE("transport: an acceptor without a caller is would_block", "[conformance][loopback]") {
  for (const Backend* backend : own_backends()) {
    CAPTURE(backend->kind.scheme);
    if (!backend->has_side(Role::serve)) continue;
    EchoPair pair{*backend};
    auto* acceptor = std::get_if<std::unique_ptr<Acceptor>>(&pair.served().socket);
    CHECK((acceptor != nullptr) == backend->capabilities.connects);
    if (acceptor == nullptr) continue;
    UniqueFd fd;
    CHECK((*acceptor)->accept(fd).status == AcceptStatus::would_block);
    CHECK_FALSE(fd.valid());
  }
}
