#pragma once

/// \file
/// `serve` echoes on bound sockets until it is told to stop.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.hpp"
#include "core/codec/stamp.hpp"
#include "core/facts/event_sink.hpp"
#include "core/facts/server_stats.hpp"
#include "core/measure/impairment.hpp"
#include "core/net/reactor.hpp"
#include "core/seam/served.hpp"
#include "core/serve/counter_source.hpp"

namespace netecho {

enum class TraceLevel : std::uint8_t {
  none,
  connections,  ///< `open` and `close` events (-v).
  everything,   ///< and `datagram` events (--trace).
};

enum class SignalHandling : std::uint8_t {
  drain,   ///< SIGINT, SIGTERM and SIGHUP drain and end the server.
  ignore,  ///< Somebody else's business: a server inside another job ends by Reactor::stop().
};

/// Whether this process can still make a bound socket, when an interface was made anew.
enum class BindAgain : std::uint8_t { possible, forbidden };

struct ServerOptions {
  std::size_t max_connections = 10'000;
  std::size_t max_per_source = SIZE_MAX;  ///< Connections of one IP address; loopback: no limit.
  std::uint64_t max_accepts = 0;  ///< Connections finished or datagrams answered; 0: no end.
  Duration idle_timeout = std::chrono::minutes{10};  ///< 0: never.
  /// Echoed bytes may wait so long for a peer that takes none of them.
  Duration stall_timeout = std::chrono::minutes{2};
  /// All stalled connections together may hold so much; beyond it the longest stalled ends. 0: no
  /// limit.
  std::size_t max_buffered = 64 * 1024 * 1024;
  Duration drain_timeout = std::chrono::seconds{5};
  Duration stats_interval{};     ///< 0: off.
  Duration reply_interval{};     ///< Between two replies to a source prefix (udp); 0: no limit.
  bool limits_loopback = false;  ///< That limit holds for loopback sources, too.
  bool plain = false;            ///< Never touch a frame.
  TraceLevel trace = TraceLevel::none;
  SignalHandling signals = SignalHandling::drain;
  BindAgain bind_again = BindAgain::possible;
  std::size_t show_payload_bytes = 0;  ///< Shown in `datagram` events; 0: none.
  /// Tells the user of something that goes on; called from any loop. Null: nobody is told.
  void (*warn)(const std::string& message) = nullptr;
  /// Others ask for the counters here while the server runs. Null: nobody does.
  std::shared_ptr<CounterSource> counters{};
  std::optional<ImpairmentSpec> impairment{};        ///< A bad network on purpose.
  std::shared_ptr<const AuthKey> key{};              ///< Signs authenticated frames; null: no key.
  Unauthenticated others = Unauthenticated::echoed;  ///< With a key: all that is not one of them.
};

struct ServerOutcome {
  StopReason reason = StopReason::signal;
  StatsEvent stats;
  std::optional<ErrorEvent> error;
};

/// Calls `ready` once all is set up, emits `listening` for every socket, serves on `reactor` until
/// SIGINT, SIGTERM or `max_accepts`, drains, and emits `stopped`. A second signal ends the process
/// with 128+n. The caller runs it on the thread that owns `reactor`.
[[nodiscard]] ServerOutcome run_server(Reactor& reactor, std::vector<Served> sockets,
                                       const ServerOptions& options, EventSink& events,
                                       const std::function<void()>& ready);

}  // namespace netecho
