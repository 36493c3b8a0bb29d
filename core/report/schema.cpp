#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/report/json.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

using Fields = std::initializer_list<std::pair<const char*, Json>>;

Json type(const char* name) {
  return {{"type", name}};
}
Json ref(const std::string& name) {
  return {{"$ref", "#/$defs/" + name}};
}
Json or_null(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), type("null")})}};
}
Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
Json integer_within(std::int64_t min, std::int64_t max) {
  return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
}
Json count() {
  return integer_within(0, kMaxInteger);
}
Json duration() {
  return integer_within(-kMaxInteger, kMaxInteger);
}
Json one_of(std::initializer_list<const char*> names) {
  Json values = Json::array();
  for (const char* name : names) values.push_back(name);
  return {{"enum", std::move(values)}};
}

/// A string for which a later transport may bring a value that is not known yet.
Json name_that_may_grow(std::initializer_list<const char*> known) {
  Json examples = Json::array();
  for (const char* name : known) examples.push_back(name);
  return {{"type", "string"}, {"minLength", 1}, {"examples", std::move(examples)}};
}

/// The names that the renderer gives to an enum's values, up to its last one.
template <typename Enum>
Json names_up_to(Enum last) {
  Json values = Json::array();
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
    values.push_back(to_string(static_cast<Enum>(i)));
  }
  return {{"enum", std::move(values)}};
}

/// Every field is required; others may come in a later version, so they are allowed.
Json object(Fields fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& [name, schema] : fields) {
    properties[name] = schema;
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

/// An object whose fields all have the same schema.
Json uniform(std::initializer_list<const char*> names, const Json& schema) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const char* name : names) {
    properties[name] = schema;
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

/// The common fields and those of one type.
Json event(const char* name, Json fields) {
  Json common = object(
      {{"schema", {{"const", "netecho/1"}}}, {"type", {{"const", name}}}, {"time", ref("time")}});
  return {{"allOf", Json::array({std::move(common), std::move(fields)})}};
}

Json socket_schema() {
  return object({{"uri", type("string")},
                 {"transport", name_that_may_grow({"tcp", "udp", "unix"})},
                 {"socket_type", names_up_to(SocketType::seqpacket)},
                 {"family", or_null(name_that_may_grow({"ipv4", "ipv6", "unix"}))},
                 {"address", or_null(type("string"))},
                 {"port", or_null(integer_within(0, 65535))},
                 {"path", or_null(type("string"))},
                 {"path_base64", or_null(type("string"))},
                 {"abstract", or_null(type("boolean"))}});
}

Json payload_schema() {
  return object({{"encoding", one_of({"utf8", "base64"})},
                 {"data", type("string")},
                 {"size_bytes", count()},
                 {"truncated", type("boolean")}});
}

Json error_schema() {
  return object({{"operation", type("string")},
                 {"endpoint", or_null(type("string"))},
                 {"category", names_up_to(ErrorCategory::internal)},
                 {"errno_name", or_null(type("string"))},
                 {"errno", or_null(integer_within(1, kMaxInteger))},
                 {"message", type("string")},
                 {"exit_code", integer_within(0, 255)}});
}

Json icmp_schema() {
  return object({{"from", type("string")},
                 {"type", integer_within(0, 255)},
                 {"code", integer_within(0, 255)},
                 {"name", names_up_to(IcmpName::other)}});
}

Json reply_schema() {
  return object({{"target", ref("socket")},
                 {"flow", count()},
                 {"sequence", count()},
                 {"status", names_up_to(ReplyStatus::skipped)},
                 {"rtt_ns", or_null(duration())},
                 {"response_ns", or_null(duration())},
                 {"size_bytes", count()},
                 {"timestamp_source", names_up_to(TimestampSource::kernel)},
                 {"server_residence_ns", or_null(duration())},
                 {"payload", or_null(ref("payload"))},
                 {"errno_name", or_null(type("string"))},
                 {"icmp", or_null(icmp_schema())},
                 {"peer", or_null(ref("socket"))}});
}

Json dropped_schema() {
  Json properties = Json::object();
  Json required = Json::array();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const std::string reason{to_string(static_cast<DropReason>(i))};
    properties[reason] = count();
    required.push_back(reason);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

Json endpoint_stats_schema() {
  return object({{"endpoint", ref("socket")},
                 {"connections_open", count()},
                 {"accepted_total", count()},
                 {"rejected_total", count()},
                 {"rx_bytes_total", count()},
                 {"tx_bytes_total", count()},
                 {"rx_messages_total", or_null(count())},
                 {"tx_messages_total", or_null(count())},
                 {"frames_stamped_total", count()},
                 {"framing_lost_total", count()},
                 {"stalled_bytes", count()},
                 {"dropped_total", dropped_schema()},
                 {"kernel_drop_buffers_total", or_null(count())},
                 {"impaired_total",
                  or_null(uniform({"loss", "dup", "reorder", "corrupt", "delayed"}, count()))}});
}

Json server_stats_schema(Json reason) {
  return object({{"uptime_ns", duration()},
                 {"reason", std::move(reason)},
                 {"events_dropped_total", count()},
                 {"stalled_bytes", count()},
                 {"endpoints", list_of(ref("endpoint_stats"))}});
}

Json instrument_schema() {
  const Json figures = uniform({"mean", "p50", "p99", "max"}, or_null(duration()));
  return object({{"send_lateness_ns", figures},
                 {"send_call_ns", figures},
                 {"clock_read_ns", or_null(duration())},
                 {"wake_up_ns", figures},
                 {"floor_ns", or_null(duration())},
                 {"discarded_total", count()},
                 {"events_dropped_total", count()}});
}

Json outage_schema() {
  return object({{"start", ref("time")}, {"duration_ns", duration()}, {"probes", count()}});
}

Json threshold_schema() {
  return object({{"expression", type("string")},
                 {"value", or_null(type("number"))},
                 {"held", type("boolean")},
                 {"why", or_null(type("string"))}});
}

Json tcp_info_schema() {
  return object({{"rtt_ns", duration()},
                 {"rttvar_ns", duration()},
                 {"retransmits_total", count()},
                 {"cwnd", count()},
                 {"mss_bytes", count()},
                 {"path_mtu_bytes", count()}});
}

Json summary_head_schema() {
  return object(
      {{"target", ref("socket")},
       {"peer", or_null(ref("socket"))},
       {"local", or_null(ref("socket"))},
       {"flow", or_null(count())},
       {"mode", names_up_to(ProbeMode::connect)},
       {"wait", or_null(names_up_to(WaitMode::spin))},
       {"schedule", or_null(names_up_to(ScheduleKind::flood))},
       {"size_bytes", count()},
       {"timestamp_source", names_up_to(TimestampSource::kernel)},
       {"stamped", or_null(type("boolean"))},
       {"authenticated", or_null(type("boolean"))},
       {"connect_ns", or_null(duration())},
       {"started", ref("time")},
       {"duration_ns", duration()},
       {"interrupted", type("boolean")},
       {"loss_ratio", or_null({{"type", "number"}, {"minimum", 0}, {"maximum", 1}})},
       {"unanswered_ratio", or_null({{"type", "number"}, {"minimum", 0}, {"maximum", 1}})},
       {"lost_forward_total", or_null(count())},
       {"lost_reverse_total", or_null(count())},
       {"achieved_per_second", or_null(type("number"))}});
}

Json summary_counters_schema() {
  return uniform(
      {"scheduled_total", "sent_total", "received_total", "lost_total", "outstanding_total",
       "skipped_total", "send_error_total", "timeout_total", "mismatch_total", "refused_total",
       "unreachable_total", "late_total", "duplicate_total", "reordered_total",
       "no_connection_total", "unanswered_total", "tx_bytes_total", "rx_bytes_total"},
      count());
}

Json summary_figures_schema() {
  return object(
      {{"rtt_ns", ref("latency")},
       {"response_ns", ref("latency")},
       {"rtt_variation_ns",
        or_null(uniform({"mean", "p50", "p95", "p99", "max"}, or_null(duration())))},
       {"jitter_rfc3550_ns", or_null(duration())},
       {"connect_time_ns", or_null(ref("latency"))},
       {"rtt_kernel_ns", or_null(ref("latency"))},
       {"server_residence_ns",
        or_null(uniform({"min", "mean", "p50", "p99", "max"}, or_null(duration())))},
       {"one_way_ns", or_null(uniform({"forward", "reverse"}, ref("latency")))},
       {"loss_runs",
        or_null(object({{"count", count()}, {"longest", count()}, {"longest_ns", duration()}}))},
       {"send_errors", list_of(object({{"errno_name", type("string")}, {"count", count()}}))},
       {"foreign_reply", or_null(ref("payload"))},
       {"outages", list_of(outage_schema())},
       {"tcp_info", or_null(tcp_info_schema())},
       {"path_mtu_bytes", or_null(count())},
       {"instrument", instrument_schema()},
       {"thresholds", list_of(threshold_schema())},
       {"error", or_null(ref("error_fields"))},
       {"exit_code", integer_within(0, 255)}});
}

Json definitions() {
  Json latency = uniform(
      {"min", "mean", "stddev", "p25", "p50", "p75", "p90", "p95", "p99", "p999", "p9999", "max"},
      or_null(duration()));
  Json summary = {{"allOf", Json::array({summary_head_schema(), summary_counters_schema(),
                                         summary_figures_schema()})}};
  return {
      {"time", {{"type", "string"}, {"pattern", R"(^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$)"}}},
      {"event", object({{"schema", {{"const", "netecho/1"}}},
                        {"type", {{"type", "string"}, {"minLength", 1}}},
                        {"time", ref("time")}})},
      {"socket", socket_schema()},
      {"payload", payload_schema()},
      {"latency", std::move(latency)},
      {"error_fields", error_schema()},
      {"endpoint_stats", endpoint_stats_schema()},
      {"summary_fields", std::move(summary)},
      {"listening", event("listening", object({{"endpoint", ref("socket")},
                                               {"inherited", type("boolean")},
                                               {"pid", count()}}))},
      {"open", event("open", object({{"connection", count()},
                                     {"endpoint", ref("socket")},
                                     {"peer", or_null(ref("socket"))}}))},
      {"close", event("close", object({{"connection", count()},
                                       {"endpoint", ref("socket")},
                                       {"peer", or_null(ref("socket"))},
                                       {"reason", names_up_to(CloseReason::error)},
                                       {"rx_bytes", count()},
                                       {"tx_bytes", count()},
                                       {"duration_ns", duration()},
                                       {"error", or_null(ref("error_fields"))}}))},
      {"datagram", event("datagram", object({{"endpoint", ref("socket")},
                                             {"peer", or_null(ref("socket"))},
                                             {"rx_bytes", count()},
                                             {"action", one_of({"echoed", "dropped"})},
                                             {"reason", or_null(names_up_to(DropReason::impaired))},
                                             {"payload", or_null(ref("payload"))}}))},
      {"stats", event("stats", server_stats_schema(type("null")))},
      {"stopped", event("stopped", server_stats_schema(names_up_to(StopReason::error)))},
      {"reply", event("reply", reply_schema())},
      {"interval", event("interval", ref("summary_fields"))},
      {"summary", event("summary", ref("summary_fields"))},
      {"error", event("error", ref("error_fields"))},
      {"result", event("result", object({{"command", one_of({"send", "probe"})},
                                         {"targets", list_of(ref("summary"))},
                                         {"replies", or_null(list_of(ref("reply")))},
                                         {"errors", list_of(ref("error"))},
                                         {"exit_code", integer_within(0, 255)}}))}};
}

}  // namespace

/// By `type`, so that an event of a later version, of a type that is not known yet, is still valid
/// (docs/json.md), and so that a validator names the field that is wrong rather than every type
/// that the event is not.
std::string json_schema() {
  Json rules = Json::array({ref("event")});
  for (const char* name : {"listening", "open", "close", "datagram", "stats", "stopped", "reply",
                           "interval", "summary", "error", "result"}) {
    Json is_type = {{"properties", {{"type", {{"const", name}}}}},
                    {"required", Json::array({"type"})}};
    rules.push_back({{"if", std::move(is_type)}, {"then", ref(name)}});
  }
  return Json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "netecho/1"},
              {"description",
               "One event of netecho (a line of jsonl output), or the result of json output."},
              {"allOf", std::move(rules)},
              {"$defs", definitions()}}
      .dump(2);
}

}  // namespace netecho
