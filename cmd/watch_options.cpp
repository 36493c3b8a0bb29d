#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/serve_values.hpp"
#include "cmd/values.hpp"
#include "core/measure/bucket_counts.hpp"
#include "core/report/targets_reader.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

// A probe with a key has room for stamp block and tag; the tag alone needs less.
constexpr std::uint32_t kKeyedWatchBytes = 72;
constexpr std::uint32_t kKeyedLeastBytes = 48;

struct WatchTyped {
  CommonTyped common;
  std::vector<std::string> endpoints, allow_target;
  std::optional<std::string> targets, listen, interval, timeout, size, flows, resolve,
      resolve_interval, connect_timeout, probe_count, min_interval, max_rate, pick, buckets,
      key_file, ready_fd, port_file, user, sandbox;
};

constexpr const char* kWatching = "Watching";
constexpr const char* kWatched = "Targets";

constexpr OptionRow<WatchTyped> kWatch[] = {
    {{"endpoint", {"[ENDPOINT...]", ValueKind::endpoint}, "What to watch, beside --targets"},
     &WatchTyped::endpoints},
    {{"--targets", kFile,
      "Watch the targets of this file (file_sd JSON of Prometheus), and follow its changes; -: "
      "stdin, once",
      kWatching, "", kFirst},
     &WatchTyped::targets},
    {{"--listen", free_text("ADDR:PORT|sd:NAME|off"),
      "Answer HTTP at this address (127.0.0.1:9470), or on a socket of the service manager",
      kWatching, "127.0.0.1:9470", kFirst},
     &WatchTyped::listen},
    {{"-i,--interval", kDuration, "Probe each target once in this time (1s)", kWatched, "1s",
      kFirst},
     &WatchTyped::interval},
    {{"-W,--timeout", kDuration, "Count a probe as lost when no reply came for this long (1s)",
      kWatched, "1s", kFirst},
     &WatchTyped::timeout},
    {{"-s,--size", kSize, "Send probes of this many bytes (64; 72 with a key)", kWatched, "64",
      kFirst},
     &WatchTyped::size},
    {{"--flows", kNumber, "Open N flows (connections) to each target (1)", kWatched, "1"},
     &WatchTyped::flows},
    {{"--connect-timeout", kDuration,
      "Give up an attempt to connect after this long (5s), and after --timeout at the latest",
      kWatched, "5s"},
     &WatchTyped::connect_timeout},
    {{"--resolve", choice("one|all"),
      "Probe the address of a name that answers, or each of them (one)", kWatched, "one"},
     &WatchTyped::resolve},
    {{"--resolve-interval", kDuration, "Look names up again this long after the last time (60s)",
      kWatched, "60s"},
     &WatchTyped::resolve_interval},
    {{"--key-file", kFile,
      "Authenticate probes with the key in this file, and take only replies that prove it "
      "(NETECHO_KEY_FILE)",
      kWatched, "", kLater, "NETECHO_KEY_FILE"},
     &WatchTyped::key_file},
    {{"--pick", kNumber, "Probe N of the targets, which this host's name picks (all)", kWatched,
      "all"},
     &WatchTyped::pick},
    {{"--min-interval", kDuration, "Refuse a list with a shorter interval (10ms)", kWatched,
      "10ms"},
     &WatchTyped::min_interval},
    {{"--max-rate", free_text("RATE"),
      "Refuse a list of more probes a second, all targets together (no limit)", kWatched,
      "no limit"},
     &WatchTyped::max_rate},
    {{"--buckets", free_text("DURATION,..."),
      "Count round trips in buckets up to these, increasing (1us to 10s in steps of 1, 2, 5)",
      kWatching, "1us to 10s in steps of 1, 2, 5"},
     &WatchTyped::buckets},
    {{"--allow-target", free_text("CIDR|PATTERN"),
      "Probe this network, or names like this, for who asks for /probe (none); repeatable",
      kWatching, "none"},
     &WatchTyped::allow_target},
    {{"--probe-count", kNumber, "Send N probes when /probe is asked for (5)", kWatching, "5"},
     &WatchTyped::probe_count},
    {{"--ready-fd", free_text("FD"), "Write the URL to this descriptor once it answers", kWatching},
     &WatchTyped::ready_fd},
    {{"--port-file", kFile, "Write the URL to this file", kWatching}, &WatchTyped::port_file},
    {{"--user", free_text("NAME"), "Become this user once the port is open", kWatching},
     &WatchTyped::user},
    {{"--sandbox", choice("auto|require|off"),
      "Give up what watching does not need: files, most system calls (auto: what can be had)",
      kWatching, "auto"},
     &WatchTyped::sandbox},
};

std::vector<Duration> buckets_value(const std::optional<std::string>& typed) {
  if (!typed) return {kUsualBounds.begin(), kUsualBounds.end()};
  constexpr std::size_t kMostBuckets = 100;
  std::vector<Duration> out;
  for (const std::string& each : parts_of(*typed, ',')) {
    const Duration bound = positive_duration_value("--buckets", each);
    if (!out.empty() && bound <= out.back()) {
      throw usage_error("option", "--buckets", "'" + each + "' is not above the one before");
    }
    out.push_back(bound);
  }
  if (out.empty() || out.size() > kMostBuckets) {
    throw usage_error("option", "--buckets", "expected 1 to 100 durations");
  }
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::uint32_t watch_size(const WatchTyped& typed, bool keyed) {
  if (!typed.size) return keyed ? kKeyedWatchBytes : ProbeOptions{}.size_bytes;
  const auto size =
      static_cast<std::uint32_t>(size_value("--size", *typed.size, 0, kMaxWatchBytes));
  if (keyed && size < kKeyedLeastBytes) {
    throw usage_error("option", "--size", "a probe with a key has 48 bytes or more");
  }
  return size;
}

ProbeOptions watch_probe(const WatchTyped& typed, bool keyed) {
  ProbeOptions out{.count = 0,
                   .interval = 1s,
                   .size_bytes = watch_size(typed, keyed),
                   .reconnect = Reconnect::yes,
                   .keep = Keep::counts};
  if (typed.interval) out.interval = positive_duration_value("--interval", *typed.interval);
  if (typed.timeout) out.timeout = positive_duration_value("--timeout", *typed.timeout);
  return out;
}

WatchSettings watch_settings(const WatchTyped& typed, const ProbeOptions& probe) {
  WatchSettings out{.probe = probe};
  if (typed.flows) {
    out.flows =
        static_cast<std::uint32_t>(number_value("--flows", *typed.flows, 1, kMaxWatchFlows));
  }
  if (typed.resolve == "all") out.resolve = ResolveChoice::all;
  if (typed.resolve_interval) {
    out.resolve_interval = positive_duration_value("--resolve-interval", *typed.resolve_interval);
  }
  if (typed.min_interval) {
    out.min_interval = duration_value("--min-interval", *typed.min_interval);
  }
  if (typed.max_rate) {
    const Duration gap = rate_value("--max-rate", *typed.max_rate);
    out.max_rate = 1e9 / static_cast<double>(gap.count());
  }
  if (typed.pick) out.pick = number_value("--pick", *typed.pick, 1, kMaxWatchTargets);
  out.host = host_name();
  out.bounds = buckets_value(typed.buckets);
  return out;
}

WatchJob watch_of(const WatchTyped& typed) {
  WatchJob job;
  job.probe.common = common_values(typed.common);
  job.probe.key_file = key_file_value(typed.key_file);
  job.probe.probe = watch_probe(typed, !job.probe.key_file.empty());
  if (typed.connect_timeout) {
    job.probe.connect_timeout =
        positive_duration_value("--connect-timeout", *typed.connect_timeout);
  }
  job.settings = watch_settings(typed, job.probe.probe);
  job.targets_path = typed.targets.value_or("");
  job.endpoints = typed.endpoints;
  if (typed.listen) job.listen = *typed.listen == "off" ? "" : *typed.listen;
  if (typed.listen && typed.listen->empty()) {
    throw usage_error("option", "--listen", "names no address; off: nobody is answered");
  }
  for (const std::string& rule : typed.allow_target) {
    if (job.allowed.add(rule)) continue;
    throw usage_error("option", "--allow-target",
                      "'" + rule + "' is neither a network nor a pattern of names");
  }
  if (typed.probe_count) {
    job.page_count = number_value("--probe-count", *typed.probe_count, 1, 1000);
  }
  if (typed.ready_fd) job.ready_fd = ready_fd_value(*typed.ready_fd);
  job.port_file = typed.port_file.value_or("");
  job.user = typed.user.value_or("");
  if (typed.user && job.user.empty()) throw usage_error("option", "--user", "names nobody");
  job.sandbox = sandbox_value(typed.sandbox.value_or("auto"));
  return job;
}

void need_targets(const WatchTyped& typed) {
  const bool some = !typed.endpoints.empty() || (typed.targets && !typed.targets->empty());
  if (some) return;
  throw usage_error("watch", "",
                    "there is nothing to watch: give --targets FILE or an endpoint, such as "
                    "udp://localhost:12345");
}

}  // namespace

Selected bind_watch(OptionBinder& options) {
  const auto typed = std::make_shared<WatchTyped>();
  options.bind(kWatch, *typed);
  bind_common(options, typed->common, Ends::connecting, Reports::nothing);
  options.on_run([typed] { need_targets(*typed); });
  return [typed] { return watch_of(*typed); };
}

}  // namespace netecho
