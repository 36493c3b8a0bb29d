#pragma once

/// \file
/// `netecho serve` as values: what the user asked for, checked.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"
#include "core/serve/server.hpp"

namespace netecho {

/// The options about sources as typed: which of them were given decides what endpoints must honor.
struct SourcesTyped {
  std::vector<std::string> allow, allow_uid;
  std::optional<std::string> max_per_source, udp_max_rate;
  bool udp_allow_any_source = false;
};

enum class SandboxChoice : std::uint8_t {
  automatic,  ///< What can be had.
  require,    ///< All of it, or nothing is served.
  off,
};

struct ServeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ServerOptions server;
  ServeOptions sockets;
  SourcesTyped sources;   ///< To see which endpoints they mean something for.
  std::string impair;     ///< --impair as typed; empty: off.
  std::string key_file;   ///< None if empty.
  int ready_fd = -1;      ///< None.
  std::string port_file;  ///< None if empty.
  std::string user;       ///< To become once all is open; none if empty.
  SandboxChoice sandbox = SandboxChoice::automatic;
};

/// Runs it and returns the exit code. Throws Error.
[[nodiscard]] int run_serve(const ServeJob& job);

}  // namespace netecho
