#pragma once

/// \file
/// A command line of `netecho watch` becomes checked values: a job.

#include <string>
#include <vector>

#include "cmd/run/probe_job.hpp"
#include "cmd/run/serve_job.hpp"
#include "core/net/target_rules.hpp"
#include "core/watch/watch_settings.hpp"

namespace netecho {

struct WatchJob {
  ProbeJob probe;                      ///< How each target is probed, and what all commands share.
  WatchSettings settings;              ///< Its `probe` is that of the above.
  std::string targets_path;            ///< "-": stdin; empty: there are endpoints only.
  std::vector<std::string> endpoints;  ///< On the command line.
  std::string listen = "127.0.0.1:9470";  ///< Or sd:NAME; empty: nobody asks.
  TargetRules allowed;           ///< What /probe may be asked to probe; nothing as it begins.
  std::uint64_t page_count = 5;  ///< Probes of one such run.
  int ready_fd = -1;             ///< -1 if there is none.
  std::string port_file;         ///< Empty if there is none.
  std::string user;              ///< It becomes this once all is open; may be empty.
  SandboxChoice sandbox = SandboxChoice::automatic;
};

/// Runs it until a signal ends it, and returns the exit code. Throws Error.
[[nodiscard]] int run_watch(const WatchJob& job);

}  // namespace netecho
