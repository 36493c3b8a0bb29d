#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/log.hpp"
#include "cmd/run/serve_impair.hpp"
#include "cmd/run/serve_sandbox.hpp"
#include "cmd/run/serve_sources.hpp"
#include "cmd/values.hpp"

namespace netecho {
namespace {

constexpr std::size_t kMaxThreads = 256;
constexpr std::size_t kMostBuffered = std::size_t{1} << 40U;

struct ServeTyped {
  CommonTyped common;
  std::vector<std::string> endpoints;
  std::optional<std::string> max_conns, max_accepts, idle_timeout, drain_timeout, max_buffered,
      backlog, unix_mode, ready_fd, port_file, stats_interval, impair, key_file, threads, user,
      sandbox;
  SourcesTyped sources;
  std::string show_payload;
  bool once = false, plain = false, require_key = false, reuseport = false, unix_replace = false,
       trace = false;
};

int ready_fd_value(const std::string& text) {
  const int fd = static_cast<int>(number_value("--ready-fd", text, 1, 1'048'575));
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
    throw usage_error("option", "--ready-fd", "descriptor " + text + " is not open for writing");
  }
  return fd;
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

/// What has an order over all connections keeps it on one thread only: --max-accepts stops after
/// exactly so many, and the seed of --impair gives the same run again.
std::size_t threads_value(const ServeTyped& typed, const ServerOptions& server) {
  if (!typed.threads) return 1;
  const std::size_t threads = *typed.threads == "auto"
                                  ? std::max(std::thread::hardware_concurrency(), 1U)
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
  read_source_limits(typed.sources, out);
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
  if (job.endpoints.empty()) job.endpoints = {"tcp://localhost:12345", "udp://localhost:12345"};
  job.server = server_values(typed, job.common);
  job.sockets = {.socket = job.common.socket,
                 .lookup = {.family = job.common.family, .numeric_only = job.common.numeric},
                 .reuse_port = typed.reuseport,
                 .threads = threads_value(typed, job.server),
                 .unix_replace = typed.unix_replace,
                 .sources = source_rules_value(typed.sources),
                 .warn = log_warning};
  if (typed.backlog) {
    job.sockets.backlog = static_cast<int>(number_value("--backlog", *typed.backlog, 1, 1'000'000));
  }
  if (typed.unix_mode) job.sockets.unix_mode = octal_mode_value("--unix-mode", *typed.unix_mode);
  if (typed.ready_fd) job.ready_fd = ready_fd_value(*typed.ready_fd);
  job.key_file = key_file_of(typed);
  job.impair = typed.impair.value_or("");
  job.sources = typed.sources;
  job.port_file = typed.port_file.value_or("");
  job.user = typed.user.value_or("");
  if (typed.user && job.user.empty()) throw usage_error("option", "--user", "names nobody");
  job.sandbox = sandbox_value(typed.sandbox.value_or("auto"));
  return job;
}

}  // namespace

void add_serve_options(CLI::App& sub, Selected& selected) {
  const auto typed = std::make_shared<ServeTyped>();
  sub.add_option("endpoint", typed->endpoints,
                 "Where to listen; tcp://localhost:12345 and udp://localhost:12345 by default")
      ->type_name("[ENDPOINT...]");
  const auto add = [&sub](const char* names, std::optional<std::string>& value, const char* type,
                          const char* description) {
    sub.add_option(names, value, description)->type_name(type)->group("Serving");
  };
  add("-m,--max-conns", typed->max_conns, "N", "Open connections at once (10000)");
  add("--max-per-source", typed->sources.max_per_source, "N",
      "Of them from one address (half of them)");
  sub.add_flag("--once", typed->once, "Stop after one connection or datagram")->group("Serving");
  add("--max-accepts", typed->max_accepts, "N", "Stop after N connections or datagrams");
  add("--idle-timeout", typed->idle_timeout, "DURATION",
      "Close silent connections (10m); 0: never");
  add("--max-buffered", typed->max_buffered, "SIZE",
      "Kept for all peers that do not read (64MiB); 0: no limit");
  add("--drain-timeout", typed->drain_timeout, "DURATION", "Time to flush at the end (5s)");
  add("--threads", typed->threads, "N|auto", "Threads that serve (1)");
  sub.add_option("--allow", typed->sources.allow, "Only these IP sources; repeatable")
      ->allow_extra_args(false)  // One a mention: what follows is an endpoint.
      ->type_name("CIDR")
      ->group("Serving");
  sub.add_option("--allow-uid", typed->sources.allow_uid,
                 "Only these users of unix sockets; repeatable")
      ->allow_extra_args(false)
      ->type_name("UID")
      ->group("Serving");
  add("--udp-max-rate", typed->sources.udp_max_rate, "PPS",
      "Replies a second to a source prefix (1k, loopback: no limit)");
  sub.add_flag("--udp-allow-any-source", typed->sources.udp_allow_any_source,
               "Answer source ports below 1024, too")
      ->group("Serving");
  add("--backlog", typed->backlog, "N", "Connections that may wait (4096)");
  sub.add_flag("--reuseport", typed->reuseport, "Share the port with other processes")
      ->group("Serving");
  sub.add_flag("--plain", typed->plain, "Never touch a frame: a pure RFC 862 echo")
      ->group("Serving");
  add("--key-file", typed->key_file, "FILE", "Authenticate frames with this key");
  sub.add_flag("--require-key", typed->require_key, "Answer nothing but authenticated frames")
      ->group("Serving");
  add("--impair", typed->impair, "SPEC", "A bad network on purpose: delay=20ms,loss=1%,seed=42");
  add("--unix-mode", typed->unix_mode, "OCTAL", "Permissions of the socket file (0600)");
  sub.add_flag("--unix-replace", typed->unix_replace, "Replace a stale socket file")
      ->group("Serving");
  add("--ready-fd", typed->ready_fd, "N", "Write the endpoints to this descriptor when ready");
  add("--port-file", typed->port_file, "FILE", "Write the endpoints to this file when ready");
  add("--user", typed->user, "NAME", "Become this user once all is open; needs root");
  restrict_to(sub.add_option("--sandbox", typed->sandbox, "Give up what serving does not need"),
              {"auto", "require", "off"})
      ->group("Serving");
  sub.add_flag("--trace", typed->trace, "Show connections and datagrams")->group("Output");
  sub.add_flag("--show-payload{on}", typed->show_payload, "Show datagrams with --trace (4KiB)")
      ->type_name("MAX")
      ->group("Output");
  add("--stats-interval", typed->stats_interval, "DURATION", "Show counters this often");
  add_common_options(sub, typed->common);
  add_socket_options(sub, typed->common, Ends::listening);
  sub.callback([typed, &selected] { selected = [typed] { return job_of(*typed); }; });
}

}  // namespace netecho
