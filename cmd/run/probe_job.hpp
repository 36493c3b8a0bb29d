#pragma once

/// \file
/// `netecho probe` as values: what the user asked for, checked.

#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"
#include "core/probe/prober.hpp"
#include "core/report/thresholds.hpp"

namespace netecho {

enum class HdrTag : std::uint8_t {
  automatic,  ///< Where there are several targets.
  always,
  never,
};

struct ProbeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ProbeOptions probe;
  std::optional<Duration> deadline;                    ///< From the start of the run.
  Duration connect_timeout = std::chrono::seconds{5};  ///< Of one attempt, look-up included.
  std::uint32_t parallel = 1;                          ///< Flows a target.
  std::vector<std::uint32_t> sweep;    ///< Sizes to be measured one after the other; may be empty.
  std::size_t show_payload_bytes = 0;  ///< Of `reply` events; 0: none.
  std::vector<Threshold> fail_if;      ///< Any of them that comes true fails the run.
  bool histogram = false;
  std::string key_file;      ///< None if empty; `probe.key` once it is read.
  std::string samples_path;  ///< Empty: none.
  std::string hdr_path;
  HdrTag hdr_tag = HdrTag::automatic;
  bool self = false;
};

/// Both run the job and return the exit code. Throw Error.
[[nodiscard]] int run_probe(const ProbeJob& job);
[[nodiscard]] int run_self_probe(const ProbeJob& job);

}  // namespace netecho
