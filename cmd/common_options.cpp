#include "cmd/common_options.hpp"

#include <cstdlib>
#include <limits>

#include "cmd/run/log.hpp"
#include "cmd/values.hpp"
#include "core/report/formats.hpp"

namespace netecho {
namespace {

constexpr std::uint64_t kMaxBuffer = std::numeric_limits<int>::max() / 2;  // Linux doubles it.

constexpr OptionRow<CommonTyped> kLookUps[] = {
    {{"-4", kFlag, "Use only IPv4", kSocketGroup, "", kFirst, "", Needs::ip}, &CommonTyped::ipv4},
    {{"-6", kFlag, "Use only IPv6", kSocketGroup, "", kFirst, "", Needs::ip}, &CommonTyped::ipv6},
    {{"-n", kFlag, "Look up no host names", kSocketGroup}, &CommonTyped::numeric},
};

constexpr OptionRow<CommonTyped> kFormatOfEvents[] = {
    {{"--format", choice(kFormatWords.data()),
      "Print text for people, one JSON object at the end, or a JSON event a line (text)",
      kOutputGroup, "text"},
     &CommonTyped::format},
};

constexpr OptionRow<CommonTyped> kFormatOfFigures[] = {
    {{"--format", choice(kFormatWordsOfFigures.data()),
      "Print text for people, one JSON object at the end, a JSON event a line, or metrics for "
      "Prometheus at the end (text)",
      kOutputGroup, "text"},
     &CommonTyped::format},
};

constexpr OptionRow<CommonTyped> kOutput[] = {
    {{"--json", kFlag,
      "Print JSON: --format jsonl for serve and --lines, else json; see 'netecho schema'",
      kOutputGroup, "", kFirst},
     &CommonTyped::json},
    {{"--color", choice("auto|always|never"), "Color the output (auto: on a terminal)",
      kOutputGroup, "auto"},
     &CommonTyped::colour},
    {{"--time", choice("local|utc|epoch|none"),
      "Print the time of day before each line (none; interim reports: local)", kOutputGroup,
      "none"},
     &CommonTyped::time},
    {{"-D", kFlag, "Print the time as seconds since 1970: --time epoch, as in ping", kOutputGroup},
     &CommonTyped::epoch},
};

constexpr OptionRow<CommonTyped> kAmount[] = {
    {{"-q,--quiet", kFlag, "Print less: no replies, no progress, only errors in the log",
      kOutputGroup},
     &CommonTyped::quiet},
    {{"-v,--verbose", kFlag, "Print more: replies, figures, more of the log; repeatable",
      kOutputGroup, "", kFirst},
     &CommonTyped::verbosity},
    {{"--log-level", choice("off|error|warn|info|debug"),
      "Log messages of this level and above on stderr (warn)", kOutputGroup, "warn", kLater,
      "NETECHO_LOG_LEVEL"},
     &CommonTyped::log_level},
    {{"--log-format", choice("text|json"), "Write the log on stderr as text or JSON (text)",
      kOutputGroup, "text"},
     &CommonTyped::log_format},
};

constexpr OptionRow<CommonTyped> kConnecting[] = {
    {{"-B,--bind", free_text("ADDR[:PORT]"), "Send from this local address, or unix path or @name",
      kSocketGroup},
     &CommonTyped::bind},
    {{"--framing", choice("ethernet2|802.3|802.2|snap"),
      "Send ipx in Ethernet frames of this kind (ethernet2)", kSocketGroup, "ethernet2"},
     &CommonTyped::framing},
};

constexpr OptionRow<CommonTyped> kSockets[] = {
    {{"-I,--interface",
      {"IF", ValueKind::interface},
      "Use only this network interface",
      kSocketGroup},
     &CommonTyped::interface},
    {{"-Q,--tos", free_text("0-255"),
      "Set the TOS byte (IPv4) or traffic class (IPv6) of what is sent", kSocketGroup},
     &CommonTyped::tos},
    {{"--dscp",
      {"DSCP", ValueKind::dscp},
      "Set the code point of --tos alone: EF, LE, VA, CS0 ... AF43, or 0-63",
      kSocketGroup},
     &CommonTyped::dscp},
    {{"--ttl", kNumber, "Set the TTL (IPv4) or hop limit (IPv6) of what is sent: 1-255",
      kSocketGroup},
     &CommonTyped::ttl},
    {{"--df", choice("do|dont|want|probe"),
      "Set the don't-fragment policy of what is sent (IP_MTU_DISCOVER)", kSocketGroup},
     &CommonTyped::df},
    {{"--fwmark", kNumber, "Set the firewall mark of what is sent: decimal or 0x hex",
      kSocketGroup},
     &CommonTyped::fwmark},
    {{"--rcvbuf", kSize, "Set the receive buffer of each socket (the kernel's default)",
      kSocketGroup, "the kernel's default"},
     &CommonTyped::rcvbuf},
    {{"--sndbuf", kSize, "Set the send buffer of each socket (the kernel's default)", kSocketGroup,
      "the kernel's default"},
     &CommonTyped::sndbuf},
    {{"--busy-poll", kDuration, "Poll the network device this long for what comes in (off)",
      kSocketGroup, "off"},
     &CommonTyped::busy_poll},
    {{"--mss", kNumber, "Limit TCP segments to this many bytes: 88-32767 (the kernel's choice)",
      kSocketGroup, "the kernel's choice"},
     &CommonTyped::mss},
    {{"--keepalive", attached("IDLE,INTERVAL,COUNT"),
      "Send TCP keep-alives (off); parts left out are the kernel's default", kSocketGroup, "off"},
     &CommonTyped::keepalive},
    {{"--nagle", kFlag, "Let the kernel gather small writes: TCP_NODELAY stays off", kSocketGroup},
     &CommonTyped::nagle},
};

/// Returns the value of that name. REQUIRES: the parser has checked that `text` is one of the
/// names.
template <typename Choice>
Choice value_named(const std::string& text,
                   std::initializer_list<std::pair<const char*, Choice>> of) {
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

/// The level is that of --log-level, or else of -q and -v, or else of the environment: what is
/// typed now was meant now.
LogLevel log_level_of(const CommonTyped& typed) {
  const char* variable = std::getenv("NETECHO_LOG_LEVEL");
  const std::string environment = variable == nullptr ? "" : variable;
  // A wrong one is an error whatever is typed.
  const LogLevel otherwise = environment.empty() ? LogLevel::warning : level_named(environment);
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
  if (typed.framing) {
    out.framing = value_named<Framing>(*typed.framing, {{"ethernet2", Framing::ethernet2},
                                                        {"802.3", Framing::raw},
                                                        {"802.2", Framing::llc},
                                                        {"snap", Framing::snap}});
  }
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

void bind_output(OptionBinder& options, CommonTyped& typed, Reports reports) {
  if (reports == Reports::figures) {
    options.bind(kFormatOfFigures, typed);
  } else {
    options.bind(kFormatOfEvents, typed);
  }
  options.bind(kOutput, typed);
  options.exclude({"--format", "--json"});
  options.exclude({"--time", "-D"});
}

void bind_common(OptionBinder& options, CommonTyped& typed, Ends ends, Reports reports) {
  typed.binder = &options;
  options.bind(kLookUps, typed);
  if (reports != Reports::nothing) bind_output(options, typed, reports);
  options.bind(kAmount, typed);
  if (ends == Ends::connecting) options.bind(kConnecting, typed);
  options.bind(kSockets, typed);
  options.exclude({"-4", "-6"});
  options.exclude({"--tos", "--dscp"});
  options.exclude({"--quiet", "--verbose"});
  // What is typed now was meant now.
  options.prefer("--quiet", "--log-level");
  options.prefer("--verbose", "--log-level");
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
  if (typed.format) out.format = find_format(*typed.format);
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
  if (typed.binder != nullptr) out.given = typed.binder->given();
  return out;
}

}  // namespace netecho
