#pragma once

/// \file
/// Some options mean something only for endpoints of a kind. None is silently ignored.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "protocols/registry.hpp"

namespace netecho {

/// What an endpoint has to have, so that an option means something for it.
enum class Needs : std::uint8_t {
  nothing,            ///< Every endpoint has what the option takes.
  ip,                 ///< An address of IP.
  networks,           ///< Peers with addresses of IP.
  users,              ///< Peers whose user the kernel tells.
  datagrams,          ///< Datagrams that come from ports.
  rates,              ///< A rate of replies.
  hops,               ///< Frames that are sent on.
  source_addresses,   ///< Connections from addresses of IP.
  connections,        ///< Connections.
  listening_sockets,  ///< A socket that is made here, and that connections wait at.
  socket_files,       ///< A file that is made here, and stands for it.
};

/// An option that has a value, by the command line or a variable.
struct GivenOption {
  std::string name;  ///< "--backlog".
  Needs needs = Needs::nothing;
};

/// Is called before anything is opened. Throws a usage Error for an option that means nothing for
/// any of the endpoints; returns a warning for each that means nothing for some of them, unless its
/// name says what it is for (--udp-…, --unix-…).
[[nodiscard]] std::vector<std::string> check_given_options(std::span<const GivenOption> given,
                                                           std::span<const Endpoint> endpoints,
                                                           Role role);

}  // namespace netecho
