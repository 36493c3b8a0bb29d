#pragma once

/// \file
/// A server on a thread of the test, over real loopback sockets; ends with the test.

#include <sys/socket.h>

#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/serve/server.hpp"
#include "protocols/registry.hpp"

namespace netecho::testing {

/// Keeps what was emitted; safe to read once the server has ended, or through the functions.
class RecordingSink final : public EventSink {
 public:
  void emit(Event event) override {
    const std::lock_guard lock{mutex_};
    events_.push_back(std::move(event));
  }
  template <typename Body>
  [[nodiscard]] std::vector<Body> of() const {
    const std::lock_guard lock{mutex_};
    std::vector<Body> found;
    for (const Event& event : events_) {
      if (const auto* body = std::get_if<Body>(&event.body)) found.push_back(*body);
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Event> events_;
};

class RunningServer {
 public:
  explicit RunningServer(const std::string& endpoint, ServerOptions options = {},
                         const ServeOptions& serve_options = {});
  /// Serves sockets that are bound already.
  explicit RunningServer(std::vector<Served> sockets, ServerOptions options = {});
  ~RunningServer();

  /// The first endpoint, as bound.
  [[nodiscard]] const SocketDescription& endpoint() const { return endpoints_.front(); }
  [[nodiscard]] const std::vector<SocketDescription>& endpoints() const { return endpoints_; }
  [[nodiscard]] const RecordingSink& events() const { return sink_; }
  /// A blocking client socket, connected; with a time-out of 10 s on every call.
  [[nodiscard]] UniqueFd connect() const;
  /// SIGTERM's path: drains. Returns when the server has ended.
  ServerOutcome drain();
  /// Waits until the server has ended by itself.
  ServerOutcome wait();

 private:
  Reactor reactor_;
  RecordingSink sink_;
  std::vector<SocketDescription> endpoints_;
  std::future<ServerOutcome> outcome_;
  std::thread thread_;
};

/// Sends all of `bytes`, then reads as many back (or until the end).
[[nodiscard]] std::string round_trip(int fd, const std::string& bytes);
/// Reads to the end of file; "RST" instead if it was a reset.
[[nodiscard]] std::string read_to_end(int fd);
[[nodiscard]] std::string pattern(std::size_t size);

}  // namespace netecho::testing
