#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/probe_job.hpp"
#include "cmd/values.hpp"
#include "core/measure/sequence_tracker.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxSizeBytes = 16 * 1024 * 1024;
constexpr std::uint64_t kMaxFlows = 1024;
/// With a key: room for stamp block and tag, and the least that a tag needs.
constexpr std::uint32_t kKeyedSizeBytes = 72;
constexpr std::uint32_t kKeyedMinBytes = 48;
/// `--self` measures one transport after the other, so it goes faster through each.
constexpr std::uint64_t kSelfCount = 100;
constexpr Duration kSelfInterval = 2ms;

struct ProbeTyped {
  CommonTyped common;
  std::vector<std::string> endpoints;
  std::optional<std::string> count, interval, rate, duration, schedule, window, timeout, deadline,
      connect_timeout, size, sweep, warmup, mode, wait, timestamps, parallel, report_interval,
      samples, hdr, hdr_tag, key_file, close;
  std::string show_payload;
  std::vector<std::string> fail_if;
  bool histogram = false;
  bool flood = false;
  bool retry = false;
  bool clocks_synchronized = false;
  bool self = false;
};

/// One of two options that say the same.
void only_one(const char* option, bool given, const char* other, bool other_given) {
  if (given && other_given) {
    throw usage_error("option", option, std::string("not together with ") + other);
  }
}

Duration interval_value(const ProbeTyped& typed, Duration usual) {
  only_one("--rate", typed.rate.has_value(), "--interval", typed.interval.has_value());
  if (typed.rate) return rate_value("--rate", *typed.rate);
  return typed.interval ? positive_duration_value("--interval", *typed.interval) : usual;
}

void read_schedule(const ProbeTyped& typed, ProbeOptions& out) {
  if (typed.self) out.count = kSelfCount;
  if (typed.duration) {
    out.duration = positive_duration_value("--duration", *typed.duration);
    out.count = 0;
  }
  if (typed.count) out.count = number_value("--count", *typed.count, 0, kMaxCount);
  out.interval = interval_value(typed, typed.self ? kSelfInterval : out.interval);
  if (typed.schedule == "poisson") out.schedule = ScheduleKind::poisson;
  if (typed.flood) {
    only_one("--flood", true, "--interval", typed.interval.has_value());
    only_one("--flood", true, "--rate", typed.rate.has_value());
    only_one("--flood", true, "--schedule", typed.schedule.has_value());
    out.schedule = ScheduleKind::flood;
  } else if (typed.window) {
    throw usage_error("option", "--window", "is how many probes of a --flood are outstanding");
  }
  if (typed.window) {
    out.window =
        static_cast<std::uint32_t>(number_value("--window", *typed.window, 1, kMaxOutstanding));
  }
}

/// How many probes of one flow can be outstanding at once, by the schedule alone.
std::uint64_t outstanding_of(const ProbeOptions& options) {
  if (options.schedule == ScheduleKind::flood) return options.window;
  auto most = static_cast<std::uint64_t>(options.timeout / options.interval);
  if (options.count != 0) most = std::min(most, options.count);
  if (options.duration == Duration::max()) return most;
  return std::min(most, static_cast<std::uint64_t>(options.duration / options.interval) + 1);
}

/// What the prober keeps in memory is bounded, for all flows of all targets together.
void check_outstanding(const ProbeOptions& options, bool by_rate, std::uint64_t flows) {
  const std::uint64_t most = std::max<std::uint64_t>(kMaxOutstanding / flows, 1);
  if (outstanding_of(options) <= most) return;
  const bool floods = options.schedule == ScheduleKind::flood;
  std::string why = "at most " + std::to_string(kMaxOutstanding) + " probes may be outstanding: ";
  if (!floods) why += "with --timeout " + format_duration(options.timeout);
  if (flows > 1) why += (floods ? "with " : " and ") + std::to_string(flows) + " flows";
  if (!floods || flows > 1) why += ' ';
  const auto divisor = static_cast<std::int64_t>(most);
  if (floods) {
    throw usage_error("option", "--window", why + "expected 1 to " + std::to_string(most));
  }
  if (!by_rate) {
    throw usage_error("option", "--interval",
                      why + "expected " + format_duration(options.timeout / divisor) + " or more");
  }
  const auto rate = divisor * 1'000'000'000 / options.timeout.count();
  throw usage_error("option", "--rate",
                    why + "expected up to " + std::to_string(rate) + " per second");
}

std::vector<std::uint32_t> sweep_value(const std::string& text) {
  std::vector<std::uint32_t> sizes;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    sizes.push_back(static_cast<std::uint32_t>(
        size_value("--sweep", text.substr(at, end - at), 0, kMaxSizeBytes)));
    at = end + 1;
  }
  return sizes;
}

/// Throws, too, what can't be measured with so few probes.
std::vector<Threshold> thresholds_value(const std::vector<std::string>& expressions,
                                        const ProbeOptions& options, std::uint32_t flows) {
  const bool too_many = options.count > kMaxCount / flows;
  const std::uint64_t probes = too_many ? kMaxCount : options.count * flows;
  std::vector<Threshold> out;
  for (const std::string& expression : expressions) {
    for (Threshold& threshold : parse_thresholds(expression)) {
      if (const auto why = certainly_null(threshold, probes, options.mode)) {
        throw usage_error("option", "--fail-if", threshold.expression + ": " + *why);
      }
      out.push_back(std::move(threshold));
    }
  }
  return out;
}

ProbeOptions probe_values(const ProbeTyped& typed) {
  ProbeOptions out;
  read_schedule(typed, out);
  if (typed.timeout) out.timeout = positive_duration_value("--timeout", *typed.timeout);
  if (typed.size) {
    out.size_bytes =
        static_cast<std::uint32_t>(size_value("--size", *typed.size, 0, kMaxSizeBytes));
  }
  if (typed.warmup) out.warmup = number_value("--warmup", *typed.warmup, 0, kMaxCount);
  if (typed.mode == "connect") out.mode = ProbeMode::connect;
  if (typed.wait == "spin") out.wait = WaitMode::spin;
  if (typed.timestamps == "kernel") {
    only_one("--timestamps", true, "--flood", typed.flood);
    out.timestamps = TimestampSource::kernel;
  }
  if (typed.retry) out.reconnect = Reconnect::yes;
  if (typed.clocks_synchronized) out.clocks = HostClocks::synchronized;
  if (typed.report_interval) {
    out.report_interval = positive_duration_value("--report-interval", *typed.report_interval);
  }
  return out;
}

/// A connection attempt carries no payload, comes back to no server's clock, and drops nothing.
void check_mode(const ProbeTyped& typed, ProbeMode mode) {
  const bool connects = mode == ProbeMode::connect;
  only_one("--size", typed.size.has_value(), "--mode connect", connects);
  only_one("--sweep", typed.sweep.has_value(), "--mode connect", connects);
  only_one("--retry", typed.retry, "--mode connect", connects);
  only_one("--clocks-synchronized", typed.clocks_synchronized, "--mode connect", connects);
  only_one("--key-file", typed.key_file.has_value(), "--mode connect", connects);
  if (typed.close && !connects) {
    throw usage_error("option", "--close", "is how --mode connect ends its connections");
  }
}

/// Sets the size that a key needs. Attempts to connect carry nothing that could be authenticated.
void read_key(const ProbeTyped& typed, ProbeJob& out) {
  if (out.probe.mode == ProbeMode::connect) return;
  out.key_file = key_file_value(typed.key_file);
  if (out.key_file.empty()) return;
  if (!typed.size) out.probe.size_bytes = kKeyedSizeBytes;
  std::vector<std::uint32_t> sizes = out.sweep;
  sizes.push_back(out.probe.size_bytes);
  if (*std::ranges::min_element(sizes) < kKeyedMinBytes) {
    throw usage_error("option", typed.sweep ? "--sweep" : "--size",
                      "with a key (--key-file) expected 48 bytes or more");
  }
}

ProbeJob job_of(const ProbeTyped& typed) {
  ProbeJob job;
  job.common = common_values(typed.common);
  job.endpoints = typed.endpoints;
  job.probe = probe_values(typed);
  check_mode(typed, job.probe.mode);
  job.common.socket.reset_on_close = typed.close == "reset";
  job.show_payload_bytes = shown_bytes_value(typed.show_payload);
  if (typed.parallel) {
    job.parallel =
        static_cast<std::uint32_t>(number_value("--parallel", *typed.parallel, 1, kMaxFlows));
  }
  const std::size_t targets = std::max<std::size_t>(job.endpoints.size(), 1);
  check_outstanding(job.probe, typed.rate.has_value(), std::uint64_t{job.parallel} * targets);
  job.fail_if = thresholds_value(typed.fail_if, job.probe, job.parallel);
  job.histogram = typed.histogram;
  job.samples_path = typed.samples.value_or("");
  job.hdr_path = typed.hdr.value_or("");
  if (typed.hdr_tag && !typed.hdr) {
    throw usage_error("option", "--hdr-tag", "is about the lines of --hdr FILE");
  }
  if (typed.hdr_tag == "always") job.hdr_tag = HdrTag::always;
  if (typed.hdr_tag == "never") job.hdr_tag = HdrTag::never;
  if (typed.sweep) {
    only_one("--sweep", true, "--size", typed.size.has_value());
    job.sweep = sweep_value(*typed.sweep);
  }
  read_key(typed, job);
  if (typed.deadline) job.deadline = positive_duration_value("--deadline", *typed.deadline);
  if (typed.connect_timeout) {
    only_one("--connect-timeout", true, "--mode connect", job.probe.mode == ProbeMode::connect);
    job.connect_timeout = positive_duration_value("--connect-timeout", *typed.connect_timeout);
  }
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
  add("-c,--count", typed->count, "N", "Probes a flow (10); 0: until interrupted");
  add("-i,--interval", typed->interval, "DURATION", "Between probes (100ms)");
  add("--rate", typed->rate, "RATE", "Probes a second, instead of --interval");
  add("--duration", typed->duration, "DURATION", "Length of the schedule, instead of --count");
  restrict_to(add("--schedule", typed->schedule, "", "Gaps: equal or random (periodic)"),
              {"periodic", "poisson"});
  const auto flag = [&sub](const char* name, bool& value, const char* description) {
    sub.add_flag(name, value, description)->group("Probing");
  };
  flag("--flood", typed->flood, "The next probe as soon as fewer than --window are outstanding");
  add("--window", typed->window, "N", "Of a flood (1)");
  add("-s,--size", typed->size, "SIZE", "Bytes of a probe (64; 72 with a key)");
  add("--sweep", typed->sweep, "SIZE,...", "One run a size, one table");
  add("-W,--timeout", typed->timeout, "DURATION", "After this a probe is lost (1s)");
  add("--connect-timeout", typed->connect_timeout, "DURATION",
      "How long one attempt to connect may take (5s)");
  add("-w,--deadline", typed->deadline, "DURATION", "End of the run, whatever happens");
  add("--warmup", typed->warmup, "N", "Probes sent before, in no figure (0)");
  add("--parallel", typed->parallel, "N", "Flows (connections) a target (1)");
  restrict_to(add("--mode", typed->mode, "", "connect: connection set-up alone, any service"),
              {"echo", "connect"});
  restrict_to(add("--close", typed->close, "", "How --mode connect ends each (fin)"),
              {"fin", "reset"});
  restrict_to(add("--wait", typed->wait, "", "How replies are awaited (block)"), {"block", "spin"});
  restrict_to(add("--timestamps", typed->timestamps, "",
                  "kernel: the round trip by the kernel's stamps, too (user)"),
              {"user", "kernel"});
  flag("--retry", typed->retry, "Go on whatever happens: connect again, the first time too");
  flag("--clocks-synchronized", typed->clocks_synchronized,
       "One-way delays: both hosts' clocks agree");
  add("--key-file", typed->key_file, "FILE", "Authenticate: take only replies that prove this key");
  flag("--self", typed->self, "Every transport of this machine, against itself");
  const auto output = [&sub](const char* names, std::optional<std::string>& value, const char* type,
                             const char* description) {
    return sub.add_option(names, value, description)->type_name(type)->group("Output");
  };
  sub.add_option("--fail-if", typed->fail_if, "Exit 1 if it comes true: p99>1ms,loss>0.1%")
      ->type_name("EXPR")
      ->allow_extra_args(false)  // One a mention: what follows is the endpoint.
      ->group("Output");
  sub.add_flag("--histogram", typed->histogram, "The distribution as bars")->group("Output");
  output("--hdr", typed->hdr, "FILE", "The distribution, for HdrHistogram's tools");
  restrict_to(output("--hdr-tag", typed->hdr_tag, "",
                     "Name the target in each line of --hdr (auto: if there are several)"),
              {"auto", "always", "never"});
  output("--samples", typed->samples, "FILE", "One record a probe: .csv or .jsonl");
  output("--report-interval", typed->report_interval, "DURATION", "Interim reports");
  sub.add_flag("--show-payload{on}", typed->show_payload, "Payloads in the output (4KiB)")
      ->type_name("MAX")
      ->group("Output");
  add_common_options(sub, typed->common);
  add_socket_options(sub, typed->common, Ends::connecting);
  sub.callback([typed, &selected] { selected = [typed] { return job_of(*typed); }; });
}

}  // namespace netecho
