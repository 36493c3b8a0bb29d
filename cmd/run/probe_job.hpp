#pragma once

/// \file
/// A command line of `netecho probe` becomes checked values: a job.

#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"
#include "core/probe/prober.hpp"
#include "core/report/thresholds.hpp"

namespace netecho {

enum class HdrTag : std::uint8_t {
  automatic,  ///< Lines name their target where there are several.
  always,
  never,
};

struct ProbeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ProbeOptions probe;
  std::optional<Duration> deadline;                    ///< It counts from the start of the run.
  Duration connect_timeout = std::chrono::seconds{5};  ///< One attempt ends then, look-up included.
  std::uint32_t parallel = 1;                          ///< So many flows go to each target.
  std::vector<std::uint32_t> sweep;    ///< Each size has a run of its own; may be empty.
  std::size_t show_payload_bytes = 0;  ///< How much of a payload `reply` events show; 0: none.
  std::vector<Threshold> fail_if;      ///< Any of them that comes true fails the run.
  bool histogram = false;
  bool plot = false;
  std::string key_file;      ///< Empty if there is none; read, it is `probe.key`.
  std::string output_path;   ///< What --format prints goes here; empty: to stdout.
  std::string samples_path;  ///< Empty if there is none.
  std::string hdr_path;
  HdrTag hdr_tag = HdrTag::automatic;
  std::string html_path;  ///< Empty if there is none.
  bool self = false;
};

/// Both run the job and return the exit code. Throw Error.
[[nodiscard]] int run_probe(const ProbeJob& job);
[[nodiscard]] int run_self_probe(const ProbeJob& job);

}  // namespace netecho
