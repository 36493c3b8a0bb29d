#pragma once

/// \file
/// A server and a client of one transport in one thread: the smallest echo over what serve() and
/// connect() return. Where the kernel is the server, a client alone.

#include <poll.h>
#include <stdlib.h>  // mkdtemp
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/codec/ctp.hpp"
#include "protocols/registry.hpp"
#include "tests/protocols/own_network.hpp"
#include "tests/support/catch.hpp"

namespace netecho::test {

class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/netecho-test-XXXXXX";
    path_ = ::mkdtemp(static_cast<char*>(name));
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

using Bytes = std::vector<std::byte>;

inline Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 251);
  return out;
}

/// Waits until `fd` is ready; a test that waits in vain fails here.
inline void await(int fd, short events) {
  pollfd entry{fd, events, 0};
  REQUIRE(::poll(&entry, 1, 10'000) == 1);
}

/// Whether it has two ends that cannot be on one interface, so that a cable has to join them.
inline bool takes_a_cable(const Backend& backend) {
  return backend.has_side(Role::serve) && backend.has_side(Role::client) &&
         backend.loopback == nullptr;
}

/// The network that both ends of a transport are to be opened in; null: that of this process.
/// Throws NoNetwork.
inline std::unique_ptr<OwnNetwork> network_for(const Backend& backend) {
  return takes_a_cable(backend) ? std::make_unique<OwnNetwork>() : nullptr;
}

/// An endpoint of `backend` that this host can bind: port 0, a path in `folder`, or an interface.
inline Endpoint bindable(const Backend& backend, const TempFolder& folder) {
  const SocketDescription example = backend.describe(parse_endpoint(backend.example, Role::serve));
  std::string rest = folder.file("socket");
  if (example.port) rest = "127.0.0.1:0";
  if (example.interface) rest = OwnNetwork::kServerWire;
  return parse_endpoint(std::string{backend.schemes.front().text} + "://" + rest, Role::serve);
}

/// By what a client of this process reaches a server of it.
inline Endpoint target_of(const Backend& backend, const SocketDescription& served) {
  if (!served.interface) return parse_endpoint(served.uri, Role::client);
  return parse_endpoint(std::string{backend.schemes.front().text} + "://" +
                            OwnNetwork::kClientWire + "/" + *served.address,
                        Role::client);
}

inline constexpr std::size_t kSlotBytes = std::size_t{4} << 20U;

/// Makes these bytes the only message of a batch.
inline void put_message(Batch& batch, const Bytes& bytes) {
  batch.slots()[0] = {};
  batch.slots()[0].data = batch.storage(0);
  batch.slots()[0].size = static_cast<std::uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(batch.storage(0), bytes.data(), bytes.size());
  batch.count = 1;
  batch.next = 0;
}

/// Sends one message through a port, waiting for room.
inline BatchResult send_message(MessagePort& port, Batch& batch, const Bytes& bytes,
                                std::optional<std::uint16_t> number = std::nullopt) {
  put_message(batch, bytes);
  batch.slots()[0].number = number;
  return port.send(batch);
}

inline Bytes content(const Slot& slot) {
  return {slot.data, slot.data + slot.size};
}

/// Receives a batch, waiting for it.
inline BatchResult await_messages(MessagePort& port, Batch& batch) {
  while (true) {
    const BatchResult result = port.receive(batch);
    if (result.status != IoStatus::would_block) return result;
    await(port.fd(), POLLIN);
  }
}

/// What reading gives once there is something to read. An end may come after the bytes before it.
inline IoResult await_bytes(const ByteChannel& channel, std::span<std::byte> into) {
  while (true) {
    const IoResult result = channel.read_some(into);
    if (result.status != IoStatus::would_block) return result;
    await(channel.fd(), POLLIN);
  }
}

class EchoPair {
 public:
  explicit EchoPair(const Backend& backend, const ServeOptions& serve_options = {},
                    const ConnectOptions& connect_options = {})
      : backend_{backend}, network_{network_for(backend)}, batch_{8, kSlotBytes} {
    if (has_server()) {
      served_ = backend.serve(bindable(backend, folder_), serve_options);
      REQUIRE(served_.size() == 1);
      target_ = target_of(backend, served().endpoint);
    } else {
      target_ = parse_endpoint(backend.loopback({}).front(), Role::client);
    }
    client_ = backend.connect(target_, connect_options);
    if (!has_server()) return;
    if (auto* acceptor = std::get_if<std::unique_ptr<Acceptor>>(&served().socket))
      accept(**acceptor);
  }

  /// False: the kernel answers by itself.
  [[nodiscard]] bool has_server() const { return backend_.has_side(Role::serve); }
  /// REQUIRES: has_server(), as does all that has the server's name.
  [[nodiscard]] Served& served() { return served_.front(); }
  [[nodiscard]] const Endpoint& target() const { return target_; }
  [[nodiscard]] Connection& client() { return client_; }
  [[nodiscard]] bool is_stream() const { return !backend_.capabilities.boundaries; }
  [[nodiscard]] MessagePort& port() {
    return *std::get<std::unique_ptr<MessagePort>>(client_.socket);
  }
  [[nodiscard]] ByteChannel& channel() { return std::get<ByteChannel>(client_.socket); }
  [[nodiscard]] ByteChannel& server_channel() { return *server_channel_; }
  [[nodiscard]] MessagePort& server_port() {
    if (server_port_) return *server_port_;
    return *std::get<std::unique_ptr<MessagePort>>(served().socket);
  }
  void drop_server_side() {
    server_channel_.reset();
    server_port_.reset();
  }

  /// Has the server send all that it has received back to where that came from.
  void send_back(Batch& batch) {
    for (Slot& slot : batch.filled()) {
      // Such a frame says itself how far it has come.
      if (backend_.wire_format == kForwardedFrames) advance_ctp({slot.data, slot.size});
    }
    while (batch.next < batch.count) {
      REQUIRE(server_port().send(batch).status == IoStatus::ok);
    }
  }

  /// Has the other end answer so many messages. The kernel does it unasked.
  void answer(std::size_t messages, Batch& batch) {
    if (!has_server()) return;
    for (std::size_t done = 0; done < messages; done += batch.count) {
      REQUIRE(await_messages(server_port(), batch).status == IoStatus::ok);
      send_back(batch);
    }
  }

  Bytes round_trip(const Bytes& bytes) {
    return is_stream() ? stream_round_trip(bytes) : message_round_trip(bytes);
  }

 private:
  void accept(Acceptor& acceptor) {
    await(acceptor.fd(), POLLIN);
    UniqueFd fd;
    REQUIRE(acceptor.accept(fd).status == AcceptStatus::accepted);
    if (served().records) {
      server_port_ = acceptor.make_port(std::move(fd));
    } else {
      server_channel_.emplace(std::move(fd));
    }
  }

  Bytes message_round_trip(const Bytes& bytes) {
    REQUIRE(send_message(port(), batch_, bytes).status == IoStatus::ok);
    if (has_server()) {
      REQUIRE(await_messages(server_port(), batch_).messages == 1);
      CHECK_FALSE(batch_.filled()[0].truncated);
      send_back(batch_);
    }
    REQUIRE(await_messages(port(), batch_).messages == 1);
    CHECK_FALSE(batch_.filled()[0].truncated);
    CHECK(batch_.filled()[0].error == 0);
    return content(batch_.filled()[0]);
  }

  Bytes stream_round_trip(const Bytes& bytes) {
    Bytes back;
    Bytes pending;
    Bytes buffer(65536);
    std::size_t sent = 0;
    while (back.size() < bytes.size()) {
      std::array<pollfd, 2> fds{{{channel().fd(), POLLIN, 0}, {server_channel().fd(), POLLIN, 0}}};
      if (sent < bytes.size()) fds[0].events |= POLLOUT;
      if (!pending.empty()) fds[1].events |= POLLOUT;
      REQUIRE(::poll(fds.data(), fds.size(), 10'000) > 0);
      const IoResult wrote = channel().write_some(std::span{bytes}.subspan(sent));
      if (sent < bytes.size() && wrote.status == IoStatus::ok) sent += wrote.bytes;
      const IoResult in = server_channel().read_some(buffer);
      if (in.status == IoStatus::ok) {
        pending.insert(pending.end(), buffer.begin(),
                       buffer.begin() + static_cast<std::ptrdiff_t>(in.bytes));
      }
      const IoResult out = server_channel().write_some(pending);
      if (!pending.empty() && out.status == IoStatus::ok) {
        pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(out.bytes));
      }
      const IoResult got = channel().read_some(buffer);
      if (got.status == IoStatus::ok) {
        back.insert(back.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(got.bytes));
      }
    }
    return back;
  }

  const Backend& backend_;
  std::unique_ptr<OwnNetwork> network_;
  TempFolder folder_;
  Batch batch_;
  std::vector<Served> served_;
  Endpoint target_;
  Connection client_{
      .socket = ByteChannel{UniqueFd{}}, .peer = {}, .local = {}, .connect_time = {}};
  std::optional<ByteChannel> server_channel_;
  std::unique_ptr<MessagePort> server_port_;
};

/// Says that an error is of this machine or user: it has no such sockets, as a kernel without
/// MPTCP, or no right to pings or frames.
inline bool is_lack(const Backend& backend, const Error& error) {
  const bool for_anybody = backend.has_side(Role::serve) && !takes_a_cable(backend);
  return error.error_number() == EPROTONOSUPPORT || error.error_number() == ENOPROTOOPT ||
         (!for_anybody && error.category() == ErrorCategory::permission);
}

/// Why a test cannot have both ends of a transport here; empty: it can.
inline std::string lack_of(const Backend& backend) {
  try {
    EchoPair pair{backend};
  } catch (const Error& error) {
    // Any other error is for the test to meet.
    if (is_lack(backend, error)) return error.what();
  } catch (const NoNetwork& lacking) {
    return lacking.what();
  }
  return {};
}

inline bool is_lacking(const Backend& backend) {
  return !lack_of(backend).empty();
}

/// Every transport of which a test has both ends: it opens them by itself, or one is the kernel's.
inline std::vector<const Backend*> own_backends() {
  std::vector<const Backend*> out;
  for (const Backend& backend : backends()) {
    if (!backend.has_side(Role::client)) continue;
    const std::string lack = lack_of(backend);
    if (lack.empty()) {
      out.push_back(&backend);
    } else {
      WARN("skipped: " << backend.kind.scheme << ": " << lack);
    }
  }
  return out;
}

}  // namespace netecho::test
