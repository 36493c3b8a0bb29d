#pragma once

/// \file
/// A connection of `probe` is made here, and made again in the middle of a run without holding up
/// the others.

#include <functional>
#include <future>
#include <memory>

#include "cmd/run/probe_job.hpp"

namespace netecho {

/// Wraps a connection as the prober's kind of port.
[[nodiscard]] std::unique_ptr<MessagePort> port_of(Connection connection,
                                                   std::size_t message_bytes);

/// Says how connections of one target are made.
struct ConnectionRecipe {
  Endpoint endpoint;
  ConnectOptions options;
  ProbeMode mode = ProbeMode::echo;
  std::size_t message_bytes = 0;
};
[[nodiscard]] ConnectionRecipe recipe_for(const Endpoint& endpoint, const ProbeJob& job);

/// Has somebody else make a connection. May throw std::system_error for want of a thread.
using Launch = std::function<std::future<ProbeConnection>(std::function<ProbeConnection()>)>;
/// Launches each on a thread of its own, which has to end before its future does.
[[nodiscard]] std::future<ProbeConnection> on_own_thread(std::function<ProbeConnection()> make);

/// Makes a connection: a datagram socket without a name to be looked up at once, all others by
/// `launch`; they give up when nobody waits any more.
[[nodiscard]] std::unique_ptr<Reopening> begin_connection(ConnectionRecipe recipe,
                                                          const Launch& launch);

/// Makes connections to `endpoint` again and again, on threads of their own.
[[nodiscard]] std::function<std::unique_ptr<Reopening>()> reopener(const Endpoint& endpoint,
                                                                   const ProbeJob& job);

}  // namespace netecho
