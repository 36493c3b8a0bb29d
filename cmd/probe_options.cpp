#include <CLI/CLI.hpp>
#include <limits>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/probe_job.hpp"
#include "cmd/values.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kMaxSizeBytes = 16 * 1024 * 1024;
/// Probes whose fate is still open: what a prober keeps in memory.
constexpr std::int64_t kMaxOutstanding = 262'144;
/// `--self` measures one transport after the other, so it goes faster through each.
constexpr std::uint64_t kSelfCount = 100;
constexpr Duration kSelfInterval = 2ms;

struct ProbeTyped {
  CommonTyped common;
  std::vector<std::string> endpoints;
  std::optional<std::string> count, interval, timeout, deadline, size, warmup, mode, wait;
  std::string show_payload;
  bool self = false;
};

ProbeOptions probe_values(const ProbeTyped& typed) {
  ProbeOptions out;
  if (typed.self) {
    out.count = kSelfCount;
    out.interval = kSelfInterval;
  }
  if (typed.count) out.count = number_value("--count", *typed.count, 0, kMaxCount);
  if (typed.interval) out.interval = positive_duration_value("--interval", *typed.interval);
  if (typed.timeout) out.timeout = positive_duration_value("--timeout", *typed.timeout);
  if (out.timeout / out.interval > kMaxOutstanding) {
    throw usage_error("option", "--interval",
                      "at most 262144 probes may be outstanding: with --timeout " +
                          format_duration(out.timeout) + " expected " +
                          format_duration(out.timeout / kMaxOutstanding) + " or more");
  }
  if (typed.size) {
    out.size_bytes =
        static_cast<std::uint32_t>(size_value("--size", *typed.size, 0, kMaxSizeBytes));
  }
  if (typed.warmup) out.warmup = number_value("--warmup", *typed.warmup, 0, kMaxCount);
  if (typed.mode == "connect") out.mode = ProbeMode::connect;
  if (typed.wait == "spin") out.wait = WaitMode::spin;
  out.show_payload_bytes = shown_bytes_value(typed.show_payload);
  return out;
}

ProbeJob job_of(const ProbeTyped& typed) {
  ProbeJob job;
  job.common = common_values(typed.common);
  job.endpoints = typed.endpoints;
  job.probe = probe_values(typed);
  if (typed.deadline) job.deadline = positive_duration_value("--deadline", *typed.deadline);
  job.self = typed.self;
  if (job.self && !job.endpoints.empty()) {
    throw usage_error("option", "--self", "brings its own endpoints: name none");
  }
  if (!job.self && job.endpoints.empty()) {
    throw usage_error("probe", "",
                      "an endpoint is missing, such as udp://localhost:12345; " +
                          std::string("--self measures this machine"));
  }
  return job;
}

}  // namespace

void add_probe_options(CLI::App& sub, Selected& selected) {
  const auto typed = std::make_shared<ProbeTyped>();
  sub.add_option("endpoint", typed->endpoints, "What to measure, side by side")
      ->type_name("ENDPOINT...");
  const auto add = [&sub](const char* names, std::optional<std::string>& value, const char* type,
                          const char* description) {
    return sub.add_option(names, value, description)->type_name(type)->group("Probing");
  };
  add("-c,--count", typed->count, "N", "Probes (10); 0: until interrupted");
  add("-i,--interval", typed->interval, "DURATION", "Between probes (100ms)");
  add("-s,--size", typed->size, "SIZE", "Bytes of a probe (64)");
  add("-W,--timeout", typed->timeout, "DURATION", "After this a probe is lost (1s)");
  add("-w,--deadline", typed->deadline, "DURATION", "End of the run, whatever happens");
  add("--warmup", typed->warmup, "N", "Probes sent before, in no figure (0)");
  restrict_to(add("--mode", typed->mode, "", "connect: connection set-up alone, any service"),
              {"echo", "connect"});
  restrict_to(add("--wait", typed->wait, "", "How replies are awaited (block)"), {"block", "spin"});
  sub.add_flag("--self", typed->self, "Every transport of this machine, against itself")
      ->group("Probing");
  sub.add_flag("--show-payload{on}", typed->show_payload, "Payloads in the output (4KiB)")
      ->type_name("MAX")
      ->group("Output");
  add_common_options(sub, typed->common);
  add_socket_options(sub, typed->common, Ends::connecting);
  sub.callback([typed, &selected] { selected = [typed] { return job_of(*typed); }; });
}

}  // namespace netecho
