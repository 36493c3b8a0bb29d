#pragma once

/// \file
/// A server and a client of one transport in one thread: the smallest echo over what serve() and
/// connect() return.

#include <poll.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "protocols/registry.hpp"
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

/// An endpoint of `backend` that this host can bind: port 0, or a path in `folder`.
inline Endpoint bindable(const Backend& backend, const TempFolder& folder) {
  const Endpoint example = parse_endpoint(backend.example, Role::serve);
  const std::string scheme{backend.schemes.front().text};
  const bool ip = backend.describe(example).port.has_value();
  return parse_endpoint(scheme + "://" + (ip ? "127.0.0.1:0" : folder.file("socket")), Role::serve);
}

inline constexpr std::size_t kSlotBytes = std::size_t{4} << 20U;

/// Sends one message through a port, waiting for room.
inline BatchResult send_message(MessagePort& port, Batch& batch, const Bytes& bytes) {
  batch.slots()[0] = {};
  batch.slots()[0].data = batch.storage(0);
  batch.slots()[0].size = static_cast<std::uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(batch.storage(0), bytes.data(), bytes.size());
  batch.count = 1;
  batch.next = 0;
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
      : backend_{backend}, batch_{8, kSlotBytes} {
    served_ = backend.serve(bindable(backend, folder_), serve_options);
    REQUIRE(served_.size() == 1);
    target_ = parse_endpoint(served_.front().endpoint.uri, Role::client);
    client_ = backend.connect(target_, connect_options);
    if (auto* acceptor = std::get_if<std::unique_ptr<Acceptor>>(&served().socket))
      accept(**acceptor);
  }

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
    REQUIRE(await_messages(server_port(), batch_).messages == 1);
    CHECK_FALSE(batch_.filled()[0].truncated);
    REQUIRE(server_port().send(batch_).messages == 1);
    CHECK(batch_.next == batch_.count);
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
  TempFolder folder_;
  Batch batch_;
  std::vector<Served> served_;
  Endpoint target_;
  Connection client_{
      .socket = ByteChannel{UniqueFd{}}, .peer = {}, .local = {}, .connect_time = {}};
  std::optional<ByteChannel> server_channel_;
  std::unique_ptr<MessagePort> server_port_;
};

/// Whether this machine has no such sockets at all, as a kernel without MPTCP.
inline bool is_lacking(const Backend& backend) {
  const TempFolder folder;
  try {
    static_cast<void>(backend.serve(bindable(backend, folder), {}));
    return false;
  } catch (const Error& error) {
    return error.error_number() == EPROTONOSUPPORT || error.error_number() == ENOPROTOOPT;
  }
}

/// Every transport of which a test can open both ends by itself.
inline std::vector<const Backend*> own_backends() {
  std::vector<const Backend*> out;
  for (const Backend& backend : backends()) {
    const bool both = backend.has_side(Role::serve) && backend.has_side(Role::client);
    // What no host can have with itself takes two, which end-to-end tests make.
    const bool alone = backend.loopback != nullptr;
    if (both && alone && !is_lacking(backend)) out.push_back(&backend);
  }
  return out;
}

}  // namespace netecho::test
