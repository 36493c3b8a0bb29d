#include "cmd/run/probe_targets.hpp"

#include "cmd/run/probe_reopen.hpp"
#include "core/base/clock.hpp"
#include "core/host/key_file.hpp"
#include "core/net/deadline.hpp"

namespace netecho {
namespace {

/// A larger message is not a frame, so a server cannot verify it.
constexpr std::uint32_t kMaxKeyedMessageBytes = 65'536;

}  // namespace

ProbeJob started(const ProbeJob& job) {
  ProbeJob out = job;
  if (job.deadline) out.probe.deadline = deadline_after(monotonic_now(), *job.deadline);
  return out;
}

ProbeJob with_key(const ProbeJob& job) {
  ProbeJob out = job;
  if (!job.key_file.empty()) out.probe.key = read_key_file(job.key_file);
  return out;
}

std::vector<ProbeJob> runs_of(const ProbeJob& job) {
  std::vector<ProbeJob> runs;
  for (const std::uint32_t size : job.sweep) {
    runs.push_back(job);
    runs.back().probe.size_bytes = size;
  }
  if (runs.empty()) runs.push_back(job);
  return runs;
}

void check_probe(const Endpoint& endpoint, const ProbeJob& job, const char* size_option) {
  const ProbeOptions& options = job.probe;
  const Backend& backend = backend_of(endpoint);
  const Capabilities& can = backend.capabilities;
  if (options.timestamps == TimestampSource::kernel &&
      (!can.kernel_stamps || options.mode == ProbeMode::connect)) {
    throw usage_error(
        "option", "--timestamps",
        "the kernel has no stamps for " + (can.kernel_stamps ? "--mode connect" : endpoint.typed));
  }
  if (options.mode == ProbeMode::connect) {
    if (!can.connects || backend.connect_port == nullptr) {
      throw usage_error("option", "--mode",
                        endpoint.typed + " has no connection set-up to be measured");
    }
    return;
  }
  if (options.key && !backend.has_side(Role::serve)) {
    throw usage_error("option", "--key-file",
                      "no server of " + endpoint.typed + " could have the key");
  }
  const std::size_t low = can.boundaries ? 0 : 1;
  if (options.size_bytes < low) {
    throw usage_error("option", size_option, "a stream needs 1 byte or more: " + endpoint.typed);
  }
  if (can.boundaries && options.key && options.size_bytes > kMaxKeyedMessageBytes) {
    throw usage_error(
        "option", size_option,
        "with a key expected up to 65536 bytes, the largest frame, for " + endpoint.typed);
  }
  if (can.unchanged && options.key) {
    throw usage_error("option", "--key-file",
                      "what comes back is unchanged, which nobody has signed: " + endpoint.typed);
  }
  const std::size_t most = message_limit(endpoint, job.common.socket);
  if (most != 0 && options.size_bytes > most) {
    throw usage_error("option", size_option,
                      "expected up to " + std::to_string(most) + " bytes for " + endpoint.typed);
  }
}

ProbeTarget make_target(const Endpoint& endpoint, const ProbeJob& job) {
  ProbeTarget target;
  const Backend& backend = backend_of(endpoint);
  target.target = backend.describe(endpoint);
  target.wire_format = wire_format_of(endpoint);
  target.flows.resize(job.parallel);  // None has a port: the prober makes them, side by side.
  target.reopen = reopener(endpoint, job);
  target.one_at_a_time = job.common.socket.bind.has_value();
  return target;
}

Summary failed_summary(const Endpoint& endpoint, const ProbeJob& job, const Error& error) {
  Summary summary;
  summary.started = realtime_now();
  summary.target = backend_of(endpoint).describe(endpoint);
  summary.mode = job.probe.mode;
  summary.wait = job.probe.wait;
  summary.schedule = job.probe.schedule;
  summary.timestamp_source = job.probe.timestamps;
  summary.size_bytes = job.probe.size_bytes;
  summary.error = error_event(error);
  summary.exit_code = summary.error->exit_code;
  return summary;
}

int common_exit_code(const std::vector<Summary>& summaries) {
  int code = 0;
  for (const Summary& summary : summaries) {
    if (summary.exit_code == 0) continue;
    if (code != 0 && code != summary.exit_code) return 1;
    code = summary.exit_code;
  }
  return code;
}

}  // namespace netecho
