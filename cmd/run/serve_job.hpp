#pragma once

/// \file
/// A command line of `netecho serve` becomes checked values: a job.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"
#include "core/serve/server.hpp"

namespace netecho {

enum class SandboxChoice : std::uint8_t {
  automatic,  ///< It gives up what can be given up.
  require,    ///< Nothing is served unless all is given up.
  off,
};

struct ServeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ServerOptions server;
  ServeOptions sockets;
  bool half_per_source = true;  ///< One source may have half of all connections.
  std::string impair;           ///< --impair as typed; empty if it is off.
  std::string key_file;         ///< Empty if there is none.
  int ready_fd = -1;            ///< -1 if there is none.
  std::string port_file;        ///< Empty if there is none.
  std::string metrics;          ///< ADDR:PORT or sd:NAME to answer scrapes at; empty: nowhere.
  std::string user;             ///< The server becomes it once all is open; may be empty.
  SandboxChoice sandbox = SandboxChoice::automatic;
};

/// Runs it and returns the exit code. Throws Error.
[[nodiscard]] int run_serve(const ServeJob& job);

}  // namespace netecho
