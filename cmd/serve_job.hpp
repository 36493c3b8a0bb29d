#pragma once

/// \file
/// `netecho serve` as values: what the user asked for, checked.

#include <string>
#include <vector>

#include "cmd/context.hpp"
#include "core/engine/server.hpp"

namespace netecho {

struct ServeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ServerOptions server;
  ServeOptions sockets;
  std::string impair;     ///< --impair as typed; empty: off.
  std::string key_file;   ///< None if empty.
  int ready_fd = -1;      ///< None.
  std::string port_file;  ///< None if empty.
};

/// Runs it and returns the exit code. Throws Error.
[[nodiscard]] int run_serve(const ServeJob& job);

}  // namespace netecho
