#include <algorithm>
#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/log.hpp"
#include "cmd/serve_values.hpp"
#include "cmd/values.hpp"
#include "core/host/processors.hpp"

namespace netecho {
namespace {

constexpr std::size_t kMaxThreads = 256;
/// The longest frame of most networks has room for 186.
constexpr std::uint64_t kMaxHops = 255;
constexpr std::size_t kMostBuffered = std::size_t{1} << 40U;

struct ServeTyped {
  CommonTyped common;
  std::vector<std::string> endpoints;
  std::optional<std::string> max_conns, max_accepts, idle_timeout, drain_timeout, max_buffered,
      backlog, unix_mode, ready_fd, port_file, stats_interval, impair, key_file, threads, user,
      sandbox, metrics, max_per_source, udp_max_rate, ctp_hops;
  std::vector<std::string> allow, allow_uid;
  std::string show_payload;
  bool once = false, plain = false, require_key = false, reuseport = false, unix_replace = false,
       trace = false, udp_allow_any_source = false;
};

constexpr const char* kServing = "Serving";

constexpr OptionRow<ServeTyped> kServe[] = {
    {{"endpoint", {"[ENDPOINT...]", ValueKind::endpoint}, "Where to listen"},
     &ServeTyped::endpoints},
    {{"-m,--max-conns", kNumber, "Hold at most N connections open at once (10000)", kServing,
      "10000", kFirst, "", Needs::connections},
     &ServeTyped::max_conns},
    {{"--max-per-source", kNumber,
      "Hold at most N connections open from one IP address (half of --max-conns)", kServing,
      "half of --max-conns", kLater, "", Needs::source_addresses},
     &ServeTyped::max_per_source},
    {{"--once", kFlag, "Stop after one connection or datagram", kServing, "", kFirst},
     &ServeTyped::once},
    {{"--max-accepts", kNumber, "Stop after N connections or datagrams (run on)", kServing,
      "run on"},
     &ServeTyped::max_accepts},
    {{"--idle-timeout", kDuration,
      "Close a connection that was silent for this long (10m); 0: never", kServing, "10m", kFirst,
      "", Needs::connections},
     &ServeTyped::idle_timeout},
    {{"--max-buffered", kSize,
      "Keep at most this much for all peers that do not read (64MiB); 0: no limit", kServing,
      "64MiB", kLater, "", Needs::connections},
     &ServeTyped::max_buffered},
    {{"--drain-timeout", kDuration, "Take at most this long at the end to send what was read (5s)",
      kServing, "5s"},
     &ServeTyped::drain_timeout},
    {{"--threads",
      {"N|auto", ValueKind::open_choice},
      "Serve on this many threads (1); auto: one for each processor it may use",
      kServing,
      "1",
      kFirst},
     &ServeTyped::threads},
    {{"--allow", free_text("CIDR"), "Answer only this IP address or network (all); repeatable",
      kServing, "all", kFirst, "", Needs::networks},
     &ServeTyped::allow},
    {{"--allow-uid", free_text("UID"),
      "Answer only this user of unix sockets (all; abstract names: this user and root); "
      "repeatable",
      kServing, "all", kLater, "", Needs::users},
     &ServeTyped::allow_uid},
    {{"--udp-max-rate", free_text("PPS"),
      "Send at most this many UDP replies a second to one network (1k; loopback: no limit)",
      kServing, "1k", kLater, "", Needs::rates},
     &ServeTyped::udp_max_rate},
    {{"--udp-allow-any-source", kFlag, "Answer UDP source ports below 1024, too", kServing, "",
      kLater, "", Needs::datagrams},
     &ServeTyped::udp_allow_any_source},
    {{"--ctp-hops", kNumber, "Send only those frames on that have at most N hops in all (1)",
      kServing, "1", kLater, "", Needs::hops},
     &ServeTyped::ctp_hops},
    {{"--backlog", kNumber, "Let at most N connections wait to be accepted (4096)", kServing,
      "4096", kLater, "", Needs::listening_sockets},
     &ServeTyped::backlog},
    {{"--reuseport", kFlag, "Share the port with other processes (SO_REUSEPORT)", kServing, "",
      kLater, "", Needs::ip},
     &ServeTyped::reuseport},
    {{"--plain", kFlag, "Never touch a frame: a pure RFC 862 echo", kServing, "", kFirst},
     &ServeTyped::plain},
    {{"--key-file", kFile, "Authenticate frames with the key in this file (NETECHO_KEY_FILE)",
      kServing, "", kFirst, "NETECHO_KEY_FILE"},
     &ServeTyped::key_file},
    {{"--require-key", kFlag, "Answer nothing but authenticated frames", kServing},
     &ServeTyped::require_key},
    {{"--impair", free_text("SPEC"),
      "Treat replies as a bad network would: delay=20ms,loss=1%,seed=42 (off)", kServing, "off",
      kFirst},
     &ServeTyped::impair},
    {{"--unix-mode", free_text("OCTAL"), "Give a unix socket's file these permissions (0600)",
      kServing, "0600", kLater, "", Needs::socket_files},
     &ServeTyped::unix_mode},
    {{"--unix-replace", kFlag, "Replace a unix socket's file that nobody serves any more", kServing,
      "", kLater, "", Needs::socket_files},
     &ServeTyped::unix_replace},
    {{"--ready-fd", kNumber, "Write the endpoints to descriptor N once all are open", kServing},
     &ServeTyped::ready_fd},
    {{"--port-file", kFile, "Write the endpoints to this file once all are open", kServing},
     &ServeTyped::port_file},
    {{"--metrics", free_text("ADDR:PORT"), "Answer Prometheus there, or at sd:NAME (off)", kServing,
      "off", kFirst},
     &ServeTyped::metrics},
    {{"--user", free_text("NAME"), "Become this user once all is open; needs root", kServing},
     &ServeTyped::user},
    {{"--sandbox", choice("auto|require|off"),
      "Give up rights that serving does not need (auto: as far as can be); require: all", kServing,
      "auto"},
     &ServeTyped::sandbox},
    {{"--trace", kFlag, "Print each connection and datagram", kOutputGroup, "", kFirst},
     &ServeTyped::trace},
    {{"--show-payload", attached("MAX"),
      "Print up to MAX bytes of each datagram of --trace (off; without MAX: 4KiB)", kOutputGroup,
      "off"},
     &ServeTyped::show_payload},
    {{"--stats-interval", kDuration, "Print the counters this often (off)", kServing, "off"},
     &ServeTyped::stats_interval},
};

SourcesTyped sources_typed(const ServeTyped& typed) {
  return {.allow = typed.allow,
          .allow_uid = typed.allow_uid,
          .max_per_source = typed.max_per_source,
          .udp_max_rate = typed.udp_max_rate,
          .udp_allow_any_source = typed.udp_allow_any_source};
}

/// A pure echo looks at no frame: a key in the environment is then not meant for it.
std::string key_file_of(const ServeTyped& typed) {
  if (typed.plain && (typed.key_file || typed.require_key)) {
    throw usage_error("option", "--plain", "never looks at a frame: not together with a key");
  }
  std::string key_file = typed.plain ? "" : key_file_value(typed.key_file);
  if (typed.require_key && key_file.empty()) {
    throw usage_error("option", "--require-key", "needs a key: give --key-file");
  }
  return key_file;
}

/// Two threads on one processor serve no more than one does. On two they do, unless the clients
/// keep one of these busy (docs/performance.md).
std::size_t automatic_threads() {
  const std::size_t threads = std::min(usable_processors(), kMaxThreads);
  log_info("--threads auto is " + std::to_string(threads) +
           ": one for each processor that this process may use");
  return threads;
}

/// What has an order over all connections keeps it on one thread only: --max-accepts stops after
/// exactly so many, and the seed of --impair gives the same run again.
std::size_t threads_value(const ServeTyped& typed, const ServerOptions& server) {
  if (!typed.threads) return 1;
  const std::size_t threads = *typed.threads == "auto"
                                  ? automatic_threads()
                                  : number_value("--threads", *typed.threads, 1, kMaxThreads);
  if (threads == 1 || (server.max_accepts == 0 && !server.impairment)) return threads;
  log_info("serves on one thread: --max-accepts, --once and --impair need one order");
  return 1;
}

ServerOptions server_values(const ServeTyped& typed, const CommonOptions& common) {
  ServerOptions out;
  if (typed.max_conns) {
    out.max_connections = number_value("--max-conns", *typed.max_conns, 1, 10'000'000);
  }
  read_source_limits(sources_typed(typed), out);
  if (typed.once && typed.max_accepts) {
    throw usage_error("option", "--once", "is --max-accepts 1: give one of them");
  }
  if (typed.once) out.max_accepts = 1;
  if (typed.max_accepts) {
    out.max_accepts = number_value("--max-accepts", *typed.max_accepts, 1, kMaxCount);
  }
  if (typed.idle_timeout) out.idle_timeout = duration_value("--idle-timeout", *typed.idle_timeout);
  if (typed.max_buffered) {
    out.max_buffered = size_value("--max-buffered", *typed.max_buffered, 0, kMostBuffered);
  }
  if (typed.drain_timeout) {
    out.drain_timeout = duration_value("--drain-timeout", *typed.drain_timeout);
  }
  if (typed.stats_interval) {
    out.stats_interval = positive_duration_value("--stats-interval", *typed.stats_interval);
  }
  if (typed.impair) out.impairment = impairment_value(*typed.impair);
  out.plain = typed.plain;
  out.warn = log_warning;
  if (typed.require_key) out.others = Unauthenticated::refused;
  out.trace = typed.trace             ? TraceLevel::everything
              : common.verbosity != 0 ? TraceLevel::connections
                                      : TraceLevel::none;
  out.show_payload_bytes = shown_bytes_value(typed.show_payload);
  return out;
}

ServeJob job_of(const ServeTyped& typed) {
  ServeJob job;
  job.common = common_values(typed.common);
  job.endpoints = typed.endpoints;
  job.common.usual_endpoints = job.endpoints.empty();
  if (job.endpoints.empty()) job.endpoints = {"tcp://localhost:12345", "udp://localhost:12345"};
  job.server = server_values(typed, job.common);
  job.half_per_source = !typed.max_per_source;
  job.sockets = {.socket = job.common.socket,
                 .lookup = {.family = job.common.family, .numeric_only = job.common.numeric},
                 .reuse_port = typed.reuseport,
                 .threads = threads_value(typed, job.server),
                 .unix_replace = typed.unix_replace,
                 .sources = source_rules_value(sources_typed(typed)),
                 .warn = log_warning};
  if (typed.ctp_hops) {
    job.sockets.ctp_hops = number_value("--ctp-hops", *typed.ctp_hops, 1, kMaxHops);
  }
  if (typed.backlog) {
    job.sockets.backlog = static_cast<int>(number_value("--backlog", *typed.backlog, 1, 1'000'000));
  }
  if (typed.unix_mode) job.sockets.unix_mode = octal_mode_value("--unix-mode", *typed.unix_mode);
  if (typed.ready_fd) job.ready_fd = ready_fd_value(*typed.ready_fd);
  job.key_file = key_file_of(typed);
  job.impair = typed.impair.value_or("");
  job.port_file = typed.port_file.value_or("");
  job.metrics = typed.metrics.value_or("");
  if (typed.metrics && job.metrics.empty()) {
    throw usage_error("option", "--metrics", "names no address");
  }
  job.user = typed.user.value_or("");
  if (typed.user && job.user.empty()) throw usage_error("option", "--user", "names nobody");
  job.sandbox = sandbox_value(typed.sandbox.value_or("auto"));
  return job;
}

}  // namespace

Selected bind_serve(OptionBinder& options) {
  const auto typed = std::make_shared<ServeTyped>();
  options.bind(kServe, *typed);
  bind_common(options, typed->common, Ends::listening, Reports::events);
  options.exclude({"--once", "--max-accepts"});
  options.exclude({"--plain", "--key-file"});
  options.exclude({"--plain", "--require-key"});
  return [typed] { return job_of(*typed); };
}

}  // namespace netecho
