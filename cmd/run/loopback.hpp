#pragma once

/// \file
/// This machine is measured against itself: a server inside the process has every transport.

#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "cmd/run/context.hpp"
#include "cmd/run/probe_job.hpp"
#include "core/host/interrupt.hpp"
#include "core/serve/server.hpp"

namespace netecho {

/// One transport has its own endpoint, and what a client connects to.
struct Loopback {
  Endpoint endpoint;
  std::optional<Error> error;  ///< Why this machine lacks it; none if it does not.
};

/// Binds what `backends` can have and `family` allows; one that this machine lacks keeps its error.
/// Where there is no server, because the kernel answers, endpoints are taken as they are.
[[nodiscard]] std::vector<Loopback> bind_loopbacks(std::vector<Served>& sockets,
                                                   std::span<const Backend> backends,
                                                   FamilyChoice family);

/// Runs a server on a thread of its own, which ends with the object.
class LoopbackServer {
 public:
  /// Returns once it serves. Throws what the server throws. `key` is that of authenticated
  /// probes, or null.
  LoopbackServer(std::vector<Served> sockets, std::shared_ptr<const AuthKey> key);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();

 private:
  class NullSink final : public EventSink {
   public:
    void emit(Event /*event*/) override {}
  };
  void serve(std::vector<Served> sockets, std::shared_ptr<const AuthKey> key,
             std::promise<void>& ready);

  Reactor reactor_;
  NullSink sink_;
  std::thread thread_;
};

/// Returns the median round trip of the transport of `endpoint` against this process itself, with
/// the size, the key and the way of waiting of `job`: what is not the network's. None where it
/// can't be had before the deadline of `job`. Takes some 50 ms.
[[nodiscard]] std::optional<Duration> loopback_floor(const Endpoint& endpoint, const ProbeJob& job,
                                                     Interrupt& interrupt);

}  // namespace netecho
