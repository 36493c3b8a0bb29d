#include <algorithm>
#include <memory>

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
// A probe with a key has room for stamp block and tag; the tag alone needs less.
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
      samples, hdr, hdr_tag, html, key_file, close, output;
  std::string show_payload;
  std::vector<std::string> fail_if;
  bool histogram = false;
  bool plot = false;
  bool flood = false;
  bool retry = false;
  bool clocks_synchronized = false;
  bool self = false;
};

constexpr const char* kProbing = "Probing";

constexpr OptionRow<ProbeTyped> kProbe[] = {
    {{"endpoint", {"ENDPOINT...", ValueKind::endpoint}, "What to measure, side by side"},
     &ProbeTyped::endpoints},
    {{"-c,--count", kNumber, "Send N probes a flow (10); 0: until interrupted", kProbing, "10",
      kFirst},
     &ProbeTyped::count},
    {{"-i,--interval", kDuration, "Wait this long between the probes of a flow (100ms)", kProbing,
      "100ms", kFirst},
     &ProbeTyped::interval},
    {{"--rate", free_text("RATE"), "Send this many probes a second and flow, instead of --interval",
      kProbing},
     &ProbeTyped::rate},
    {{"--duration", kDuration, "Send probes for this long, instead of --count", kProbing, "",
      kFirst},
     &ProbeTyped::duration},
    {{"--schedule", choice("periodic|poisson"),
      "Leave equal gaps between probes, or random ones (periodic)", kProbing, "periodic"},
     &ProbeTyped::schedule},
    {{"--flood", kFlag, "Send the next probe as soon as fewer than --window are outstanding",
      kProbing, "", kFirst},
     &ProbeTyped::flood},
    {{"--window", kNumber, "Keep N probes of a --flood outstanding (1)", kProbing, "1"},
     &ProbeTyped::window},
    {{"-s,--size", kSize, "Send probes of this many bytes (64; 72 with a key)", kProbing, "64",
      kFirst},
     &ProbeTyped::size},
    {{"--sweep", free_text("SIZE,..."), "Measure each of these sizes in a run of its own",
      kProbing},
     &ProbeTyped::sweep},
    {{"-W,--timeout", kDuration, "Count a probe as lost when no reply came for this long (1s)",
      kProbing, "1s", kFirst},
     &ProbeTyped::timeout},
    {{"--connect-timeout", kDuration, "Give up an attempt to connect after this long (5s)",
      kProbing, "5s"},
     &ProbeTyped::connect_timeout},
    {{"-w,--deadline", kDuration, "End the run after this long, whatever happens (no limit)",
      kProbing, "no limit"},
     &ProbeTyped::deadline},
    {{"--warmup", kNumber, "Send N probes before the run that count in no figure (0)", kProbing,
      "0"},
     &ProbeTyped::warmup},
    {{"--parallel", kNumber, "Open N flows (connections) to each target (1)", kProbing, "1"},
     &ProbeTyped::parallel},
    {{"--mode", choice("echo|connect"),
      "Measure echoes, or connecting alone, which any service allows (echo)", kProbing, "echo",
      kFirst},
     &ProbeTyped::mode},
    {{"--close", choice("fin|reset"),
      "End each TCP connection of --mode connect by FIN or RST (fin)", kProbing, "fin"},
     &ProbeTyped::close},
    {{"--wait", choice("block|spin"), "Await replies asleep, or spinning on a processor (block)",
      kProbing, "block"},
     &ProbeTyped::wait},
    {{"--timestamps", choice("user|kernel"),
      "Measure round trips by netecho's stamps, or by the kernel's, too (user)", kProbing, "user"},
     &ProbeTyped::timestamps},
    {{"--retry", kFlag, "Connect again whenever a connection fails, the first one included",
      kProbing},
     &ProbeTyped::retry},
    {{"--clocks-synchronized", kFlag, "Report one-way delays: the clocks of both hosts agree",
      kProbing},
     &ProbeTyped::clocks_synchronized},
    {{"--key-file", kFile,
      "Authenticate probes with the key in this file, and take only replies that prove it "
      "(NETECHO_KEY_FILE)",
      kProbing, "", kLater, "NETECHO_KEY_FILE"},
     &ProbeTyped::key_file},
    {{"--self", kFlag, "Measure every transport of this machine, against a server inside netecho",
      kProbing, "", kFirst},
     &ProbeTyped::self},
    {{"--fail-if", free_text("EXPR"),
      "Exit with 1 if this comes true, such as p99>1ms,loss>0.1%; repeatable", kOutputGroup, "",
      kFirst},
     &ProbeTyped::fail_if},
    {{"--histogram", kFlag, "Print the distribution of round trips as bars", kOutputGroup, "",
      kFirst},
     &ProbeTyped::histogram},
    {{"--plot", kFlag, "Draw round trips over time, and their distribution, in the terminal",
      kOutputGroup},
     &ProbeTyped::plot},
    {{"--html", kFile, "Write a page with plots to this file, to send to a colleague",
      kOutputGroup},
     &ProbeTyped::html},
    {{"--hdr", kFile, "Write the distribution to this file, for HdrHistogram's tools",
      kOutputGroup},
     &ProbeTyped::hdr},
    {{"--hdr-tag", choice("auto|always|never"),
      "Name the target in each line of --hdr (auto: if there are several)", kOutputGroup, "auto"},
     &ProbeTyped::hdr_tag},
    {{"--samples", kFile, "Write a record of each probe to this file: .csv or .jsonl",
      kOutputGroup},
     &ProbeTyped::samples},
    {{"--output", kFile,
      "Write --format prometheus to this file, which is replaced whole at the end (stdout)",
      kOutputGroup, "stdout"},
     &ProbeTyped::output},
    {{"--report-interval", kDuration, "Print an interim report this often (off)", kOutputGroup,
      "off"},
     &ProbeTyped::report_interval},
    {{"--show-payload", attached("MAX"),
      "Print up to MAX bytes of each payload (off; without MAX: 4KiB)", kOutputGroup, "off"},
     &ProbeTyped::show_payload},
};

/// Throws if both are given of two options that contradict each other or say the same.
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

/// Returns how many probes of one flow can be outstanding at once, by the schedule alone.
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

/// Throws a usage Error for a figure, too, that so few probes can't give.
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

/// Figures are the only format that goes to a file: whoever reads that expects the old ones or all
/// of the new ones.
std::string output_value(const ProbeTyped& typed, const CommonOptions& common) {
  if (!typed.output) return "";
  const bool figures = common.format != nullptr && common.format->kind == FormatKind::figures;
  if (!figures || common.json) {
    throw usage_error("option", "--output", "is the file of --format prometheus");
  }
  return *typed.output;
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
  job.output_path = output_value(typed, job.common);
  job.plot = typed.plot;
  job.html_path = typed.html.value_or("");
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
  return job;
}

void check_endpoints(const ProbeTyped& typed) {
  if (typed.self || !typed.endpoints.empty()) return;
  throw usage_error("probe", "",
                    "an endpoint is missing, such as udp://localhost:12345; " +
                        std::string("--self measures this machine"));
}

void exclude_options(OptionBinder& options) {
  options.exclude({"--interval", "--rate", "--flood"});
  options.exclude({"--flood", "--schedule"});
  options.exclude({"--flood", "--timestamps=kernel"});
  options.exclude({"--size", "--sweep", "--mode=connect"});
  for (const char* name : {"--retry", "--clocks-synchronized", "--key-file", "--connect-timeout"}) {
    options.exclude({"--mode=connect", name});
  }
  options.prefer("endpoint", "--self");
  for (const char* format : {"--json", "--format=text", "--format=json", "--format=jsonl"}) {
    options.prefer(format, "--output");
  }
}

}  // namespace

Selected bind_probe(OptionBinder& options) {
  const auto typed = std::make_shared<ProbeTyped>();
  options.bind(kProbe, *typed);
  bind_common(options, typed->common, Ends::connecting, Reports::figures);
  exclude_options(options);
  options.on_run([typed] { check_endpoints(*typed); });
  return [typed] { return job_of(*typed); };
}

}  // namespace netecho
