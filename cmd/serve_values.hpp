#pragma once

/// \file
/// Some options of `serve` are more than a number: who may use the server, how it spoils its
/// replies, what it gives up. What reads them throws a usage Error.

#include <optional>
#include <string>
#include <vector>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Holds options about sources as typed.
struct SourcesTyped {
  std::vector<std::string> allow, allow_uid;
  std::optional<std::string> max_per_source, udp_max_rate;
  bool udp_allow_any_source = false;
};

/// Returns who may use the server.
[[nodiscard]] SourceRules source_rules_value(const SourcesTyped& typed);
/// Sets the limits in `out` that hold for each source.
void read_source_limits(const SourcesTyped& typed, ServerOptions& out);

/// Returns what --impair asks for, with a seed in any case: a random one if `text` names none.
[[nodiscard]] ImpairmentSpec impairment_value(const std::string& text);

/// Returns the descriptor that --ready-fd names. Throws a usage Error if it can't be written to.
[[nodiscard]] int ready_fd_value(const std::string& text);

/// Returns what --sandbox asks for. REQUIRES: the parser has checked that `text` is one of its
/// values.
[[nodiscard]] SandboxChoice sandbox_value(const std::string& text);

}  // namespace netecho
