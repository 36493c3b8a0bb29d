#pragma once

/// \file
/// A connection of `probe` is made here, and made again in the middle of a run without holding up
/// the others.

#include <functional>
#include <memory>

#include "cmd/run/probe_job.hpp"

namespace netecho {

/// Wraps a connection as the prober's kind of port.
[[nodiscard]] std::unique_ptr<MessagePort> port_of(Connection connection,
                                                   std::size_t message_bytes);

/// Makes connections to `endpoint`: datagram sockets without a name to be looked up at once, all
/// others on a thread of their own that gives up when nobody waits any more.
[[nodiscard]] std::function<std::unique_ptr<Reopening>()> reopener(const Endpoint& endpoint,
                                                                   const ProbeJob& job);

}  // namespace netecho
