#include "cmd/common_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <limits>

#include "cmd/run/log.hpp"
#include "cmd/values.hpp"

namespace netecho {
namespace {

constexpr const char* kOutputGroup = "Output";
constexpr const char* kSocketGroup = "Sockets";
constexpr std::uint64_t kMaxBuffer = std::numeric_limits<int>::max() / 2;

/// REQUIRES: the parser has checked that `text` is one of the names.
template <typename Value>
Value value_named(const std::string& text,
                  std::initializer_list<std::pair<const char*, Value>> of) {
  for (const auto& [name, value] : of) {
    if (text == name) return value;
  }
  return of.begin()->second;
}

LogLevel level_named(const std::string& text) {
  const std::initializer_list<std::pair<const char*, LogLevel>> levels{{"off", LogLevel::off},
                                                                       {"error", LogLevel::error},
                                                                       {"warn", LogLevel::warning},
                                                                       {"info", LogLevel::info},
                                                                       {"debug", LogLevel::debug}};
  for (const auto& [name, level] : levels) {
    if (text == name) return level;
  }
  throw usage_error("environment", "NETECHO_LOG_LEVEL",
                    "expected off, error, warn, info or debug, got '" + text + "'");
}

/// --log-level, or else -q and -v, or else the environment: what is typed now was meant now.
LogLevel log_level_of(const CommonTyped& typed) {
  const char* variable = std::getenv("NETECHO_LOG_LEVEL");
  const std::string environment = variable == nullptr ? "" : variable;
  const LogLevel otherwise =
      environment.empty() ? LogLevel::warning : level_named(environment);  // Checked in any case.
  if (typed.log_level) return level_named(*typed.log_level);
  if (typed.quiet) return LogLevel::error;
  if (typed.verbosity > 0) return typed.verbosity == 1 ? LogLevel::info : LogLevel::debug;
  return otherwise;
}

std::optional<TimeOfDay> time_chosen(const CommonTyped& typed) {
  if (typed.epoch && typed.time && *typed.time != "epoch") {
    throw usage_error("option", "-D", "is --time epoch: not together with --time " + *typed.time);
  }
  if (typed.epoch) return TimeOfDay::epoch;
  if (!typed.time) return std::nullopt;
  return value_named<TimeOfDay>(*typed.time, {{"local", TimeOfDay::local},
                                              {"utc", TimeOfDay::utc},
                                              {"epoch", TimeOfDay::epoch},
                                              {"none", TimeOfDay::none}});
}

SocketOptions socket_values(const CommonTyped& typed) {
  SocketOptions out;
  out.bind = typed.bind;
  out.interface = typed.interface;
  if (typed.tos && typed.dscp) {
    throw usage_error("option", "--dscp", "is a part of --tos: give one of them");
  }
  if (typed.tos) out.tos = static_cast<int>(number_value("--tos", *typed.tos, 0, 255));
  if (typed.dscp) out.tos = dscp_value(*typed.dscp);
  if (typed.ttl) out.ttl = static_cast<int>(number_value("--ttl", *typed.ttl, 1, 255));
  if (typed.df) {
    out.dont_fragment = value_named<DontFragment>(*typed.df, {{"do", DontFragment::force},
                                                              {"dont", DontFragment::allow},
                                                              {"want", DontFragment::want},
                                                              {"probe", DontFragment::probe}});
  }
  if (typed.rcvbuf) out.receive_buffer_bytes = size_value("--rcvbuf", *typed.rcvbuf, 1, kMaxBuffer);
  if (typed.sndbuf) out.send_buffer_bytes = size_value("--sndbuf", *typed.sndbuf, 1, kMaxBuffer);
  if (typed.busy_poll) out.busy_poll = duration_value("--busy-poll", *typed.busy_poll);
  if (typed.mss) out.mss_bytes = static_cast<int>(number_value("--mss", *typed.mss, 88, 32'767));
  if (!typed.keepalive.empty()) {
    out.keepalive = keepalive_value(typed.keepalive == "on" ? "" : typed.keepalive);
  }
  out.nagle = typed.nagle;
  if (typed.fwmark) out.mark = mark_value(*typed.fwmark);
  out.notes = {.warn = log_warning_once, .debug = log_debug_once};
  return out;
}

}  // namespace

std::string key_file_value(const std::optional<std::string>& typed) {
  if (typed) return *typed;
  const char* const variable = std::getenv("NETECHO_KEY_FILE");
  return variable == nullptr ? "" : variable;
}

CLI::Option* restrict_to(CLI::Option* option, const std::vector<std::string>& values) {
  std::string names;
  for (const std::string& value : values) names += (names.empty() ? "" : "|") + value;
  return option->type_name(names)->check([values, names](const std::string& text) {
    for (const std::string& value : values) {
      if (text == value) return std::string{};
    }
    return "expected " + names + ", got '" + text + "'";
  });
}

void add_help_flag(CLI::App& sub) {
  const std::string description = "Print this";
  sub.add_flag("-h,--help", description)->group(kOutputGroup);
}

void add_common_options(CLI::App& sub, CommonTyped& typed) {
  sub.add_flag("-4", typed.ipv4, "Only IPv4")->group(kSocketGroup);
  sub.add_flag("-6", typed.ipv6, "Only IPv6")->group(kSocketGroup);
  sub.add_flag("-n", typed.numeric, "Look no name up")->group(kSocketGroup);
  restrict_to(sub.add_option("--format", typed.format, "Of the output"), {"text", "json", "jsonl"})
      ->group(kOutputGroup);
  sub.add_flag("--json", typed.json, "Machine-readable output; see 'netecho schema'")
      ->group(kOutputGroup);
  restrict_to(sub.add_option("--color", typed.colour, "auto: on a terminal"),
              {"auto", "always", "never"})
      ->group(kOutputGroup);
  restrict_to(sub.add_option("--time", typed.time,
                             "Time of day before each line (none; interim reports: local)"),
              {"local", "utc", "epoch", "none"})
      ->group(kOutputGroup);
  sub.add_flag("-D", typed.epoch, "The same as --time epoch, as in ping")->group(kOutputGroup);
  sub.add_flag("-q,--quiet", typed.quiet, "Less")->group(kOutputGroup);
  sub.add_flag("-v,--verbose", typed.verbosity, "More; repeatable")->group(kOutputGroup);
  restrict_to(sub.add_option("--log-level", typed.log_level, "Of the log on stderr"),
              {"off", "error", "warn", "info", "debug"})
      ->group(kOutputGroup);
  restrict_to(sub.add_option("--log-format", typed.log_format, "Of the log on stderr"),
              {"text", "json"})
      ->group(kOutputGroup);
  add_help_flag(sub);
}

void add_socket_options(CLI::App& sub, CommonTyped& typed, Ends ends) {
  const auto add = [&sub](const char* names, std::optional<std::string>& value, const char* type,
                          const char* description) {
    return sub.add_option(names, value, description)->type_name(type)->group(kSocketGroup);
  };
  if (ends == Ends::connecting) {
    add("-B,--bind", typed.bind, "ADDR[:PORT]", "Local address, or a unix path or @name");
  }
  add("-I,--interface", typed.interface, "IF", "Use only this network interface");
  add("-Q,--tos", typed.tos, "0-255", "TOS byte, or IPv6 traffic class");
  add("--dscp", typed.dscp, "DSCP", "The same as a code point: EF, CS0, AF11 ..., 0-63");
  add("--ttl", typed.ttl, "N", "TTL or hop limit");
  restrict_to(add("--df", typed.df, "", "Don't-fragment policy"), {"do", "dont", "want", "probe"});
  add("--fwmark", typed.fwmark, "N", "Firewall mark of what is sent, 0x hex or decimal");
  add("--rcvbuf", typed.rcvbuf, "SIZE", "Receive buffer of the socket");
  add("--sndbuf", typed.sndbuf, "SIZE", "Send buffer of the socket");
  add("--busy-poll", typed.busy_poll, "DURATION", "Poll the device this long");
  add("--mss", typed.mss, "N", "TCP maximum segment size");
  sub.add_flag("--keepalive{on}", typed.keepalive, "TCP keep-alive")
      ->type_name("IDLE,INTERVAL,COUNT")
      ->group(kSocketGroup);
  sub.add_flag("--nagle", typed.nagle, "Leave TCP_NODELAY off")->group(kSocketGroup);
}

CommonOptions common_values(const CommonTyped& typed) {
  CommonOptions out;
  if (typed.ipv4 && typed.ipv6) throw usage_error("option", "-4", "contradicts -6");
  out.family = typed.ipv4   ? FamilyChoice::ipv4_only
               : typed.ipv6 ? FamilyChoice::ipv6_only
                            : FamilyChoice::any;
  out.numeric = typed.numeric;
  out.quiet = typed.quiet;
  out.verbosity = typed.verbosity;
  out.log_level = log_level_of(typed);
  if (typed.log_format == "json") out.log_format = LogFormat::json;
  if (typed.format) {
    out.format = value_named<OutputFormat>(*typed.format, {{"text", OutputFormat::text},
                                                           {"json", OutputFormat::json},
                                                           {"jsonl", OutputFormat::jsonl}});
  }
  out.json = typed.json;
  if (typed.colour) {
    out.colour = value_named<ColourChoice>(*typed.colour, {{"auto", ColourChoice::automatic},
                                                           {"always", ColourChoice::always},
                                                           {"never", ColourChoice::never}});
  }
  out.time = time_chosen(typed);
  prepare_time_of_day(out.time.value_or(TimeOfDay::local));
  configure_log(out);
  out.socket = socket_values(typed);
  return out;
}

}  // namespace netecho
