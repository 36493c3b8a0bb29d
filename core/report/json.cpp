#include "core/report/json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/base64.hpp"
#include "core/base/escape.hpp"
#include "core/base/memory_reserve.hpp"
#include "core/report/json_room.hpp"
#include "core/report/json_text.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

/// What every JSON reader can hold without rounding (RFC 8259 section 6).
constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

Json integer(std::uint64_t value) {
  return std::min(value, static_cast<std::uint64_t>(kMaxInteger));
}
Json signed_integer(std::int64_t value) {
  return std::clamp(value, -kMaxInteger, kMaxInteger);
}
Json nanoseconds(Duration value) {
  return signed_integer(value.count());
}
Json real(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
Json text(std::string_view value) {
  return to_lossy_utf8(value);
}

template <typename Value, typename Render>
Json nullable(const std::optional<Value>& value, Render render) {
  return value ? Json(render(*value)) : Json(nullptr);
}
Json nanoseconds(const std::optional<Duration>& value) {
  return nullable(value, [](Duration known) { return nanoseconds(known); });
}
Json integer(const std::optional<std::uint64_t>& value) {
  return nullable(value, [](std::uint64_t known) { return integer(known); });
}

Json socket(const SocketDescription& end) {
  const bool opaque_path = end.path && !is_utf8(*end.path);
  return {{"uri", text(end.uri)},
          {"transport", end.transport},
          {"socket_type", to_string(end.socket_type)},
          {"family", nullable(end.family, [](AddressFamily family) { return to_string(family); })},
          {"address", nullable(end.address, text)},
          {"port", nullable(end.port, [](std::uint16_t port) { return port; })},
          {"path", nullable(end.path, text)},
          {"path_base64", opaque_path ? Json(to_base64(*end.path)) : Json(nullptr)},
          {"abstract", nullable(end.abstract, [](bool abstract) { return abstract; })}};
}
Json socket(const std::optional<SocketDescription>& end) {
  return nullable(end, [](const SocketDescription& known) { return socket(known); });
}

Json payload(const std::optional<PayloadSample>& sample) {
  if (!sample) return nullptr;
  std::string_view data = sample->data;
  // The limit is one of bytes: text stays text when it cuts a character in two.
  if (sample->truncated && !is_utf8(data)) data = without_cut_character(data);
  const bool readable = is_utf8(data);
  return {{"encoding", readable ? "utf8" : "base64"},
          {"data", readable ? std::string(data) : to_base64(data)},
          {"size_bytes", integer(sample->size_bytes)},
          {"truncated", sample->truncated}};
}

Json latency(const LatencyFigures& figures) {
  return {{"min", nanoseconds(figures.min)},       {"mean", nanoseconds(figures.mean)},
          {"stddev", nanoseconds(figures.stddev)}, {"p25", nanoseconds(figures.p25)},
          {"p50", nanoseconds(figures.p50)},       {"p75", nanoseconds(figures.p75)},
          {"p90", nanoseconds(figures.p90)},       {"p95", nanoseconds(figures.p95)},
          {"p99", nanoseconds(figures.p99)},       {"p999", nanoseconds(figures.p999)},
          {"p9999", nanoseconds(figures.p9999)},   {"max", nanoseconds(figures.max)}};
}
/// A whole group that was not measured is null.
Json optional_latency(const LatencyFigures& figures) {
  return figures.min ? latency(figures) : Json(nullptr);
}

Json lateness(const LatenessFigures& figures) {
  return {{"mean", nanoseconds(figures.mean)},
          {"p50", nanoseconds(figures.p50)},
          {"p99", nanoseconds(figures.p99)},
          {"max", nanoseconds(figures.max)}};
}

Json variation(const VariationFigures& figures) {
  if (!figures.max) return nullptr;
  return {{"mean", nanoseconds(figures.mean)},
          {"p50", nanoseconds(figures.p50)},
          {"p95", nanoseconds(figures.p95)},
          {"p99", nanoseconds(figures.p99)},
          {"max", nanoseconds(figures.max)}};
}

Json residence(const ResidenceFigures& figures) {
  if (!figures.min) return nullptr;
  return {{"min", nanoseconds(figures.min)},
          {"mean", nanoseconds(figures.mean)},
          {"p50", nanoseconds(figures.p50)},
          {"p99", nanoseconds(figures.p99)},
          {"max", nanoseconds(figures.max)}};
}

Json one_way(const LatencyFigures& forward, const LatencyFigures& reverse) {
  if (!forward.min && !reverse.min) return nullptr;
  return {{"forward", latency(forward)}, {"reverse", latency(reverse)}};
}

Json loss_runs(const LossRuns& runs) {
  return {{"count", integer(runs.count)},
          {"longest", integer(runs.longest)},
          {"longest_ns", nanoseconds(runs.longest_time)}};
}

Json tcp_info(const TcpInfo& info) {
  return {{"rtt_ns", nanoseconds(info.rtt)},
          {"rttvar_ns", nanoseconds(info.rttvar)},
          {"retransmits_total", integer(info.retransmits_total)},
          {"cwnd", integer(info.cwnd)},
          {"mss_bytes", integer(info.mss_bytes)},
          {"path_mtu_bytes", integer(info.path_mtu_bytes)}};
}

Json errno_or_null(int error_number) {
  return error_number != 0 ? Json(errno_name(error_number)) : Json(nullptr);
}

Json error_fields(const ErrorEvent& error) {
  const bool has_errno = error.error_number != 0;
  return {{"operation", text(error.operation)},
          {"endpoint", error.endpoint.empty() ? Json(nullptr) : text(error.endpoint)},
          {"category", to_string(error.category)},
          {"errno_name", errno_or_null(error.error_number)},
          {"errno", has_errno ? Json(error.error_number) : Json(nullptr)},
          {"message", text(error.message)},
          {"exit_code", error.exit_code}};
}
Json error_fields(const std::optional<ErrorEvent>& error) {
  return nullable(error, [](const ErrorEvent& known) { return error_fields(known); });
}

Json icmp(const IcmpError& error) {
  return {{"from", numeric(error.from)},
          {"type", error.type},
          {"code", error.code},
          {"name", to_string(name_of(error))}};
}

/// Why probes could not be sent, each reason with its count.
Json send_errors(const std::vector<FailureReason>& reasons) {
  Json out = Json::array();
  for (const FailureReason& each : reasons) {
    if (each.status != ReplyStatus::send_error) continue;
    const std::string name = each.error_number != 0 ? errno_name(each.error_number) : "other";
    out.push_back({{"errno_name", name}, {"count", integer(each.count)}});
  }
  return out;
}

Json outages(const std::vector<Outage>& list) {
  Json out = Json::array();
  for (const Outage& outage : list) {
    out.push_back({{"start", format_rfc3339(outage.start)},
                   {"duration_ns", nanoseconds(outage.duration)},
                   {"probes", integer(outage.probes)}});
  }
  return out;
}

Json thresholds(const std::vector<ThresholdResult>& list) {
  Json out = Json::array();
  for (const ThresholdResult& each : list) {
    out.push_back({{"expression", text(each.expression)},
                   {"value", nullable(each.value, real)},
                   {"held", each.held},
                   {"why", nullable(each.why, text)}});
  }
  return out;
}

void add_counters(Json& out, const Summary& s) {
  const std::pair<const char*, std::uint64_t> counters[] = {
      {"scheduled_total", s.scheduled_total},         {"sent_total", s.sent_total},
      {"received_total", s.received_total},           {"lost_total", s.lost_total},
      {"outstanding_total", s.outstanding_total},     {"skipped_total", s.skipped_total},
      {"send_error_total", s.send_error_total},       {"timeout_total", s.timeout_total},
      {"mismatch_total", s.mismatch_total},           {"refused_total", s.refused_total},
      {"unreachable_total", s.unreachable_total},     {"late_total", s.late_total},
      {"duplicate_total", s.duplicate_total},         {"reordered_total", s.reordered_total},
      {"no_connection_total", s.no_connection_total}, {"unanswered_total", s.unanswered_total}};
  for (const auto& [name, value] : counters) out[name] = integer(value);
}

Json summary_head(const Summary& s) {
  return {{"target", socket(s.target)},
          {"peer", socket(s.peer)},
          {"local", socket(s.local)},
          {"flow", nullable(s.flow, [](std::uint32_t flow) { return flow; })},
          {"mode", to_string(s.mode)},
          {"wait", nullable(s.wait, [](WaitMode wait) { return to_string(wait); })},
          {"schedule", nullable(s.schedule, [](ScheduleKind kind) { return to_string(kind); })},
          {"size_bytes", integer(s.size_bytes)},
          {"timestamp_source", to_string(s.timestamp_source)},
          {"stamped", nullable(s.stamped, [](bool stamped) { return stamped; })},
          {"authenticated", nullable(s.authenticated, [](bool known) { return known; })},
          {"connect_ns", nanoseconds(s.connect)},
          {"started", format_rfc3339(s.started)},
          {"duration_ns", nanoseconds(s.duration)},
          {"interrupted", s.interrupted}};
}

Json summary(const Summary& s) {
  Json out = summary_head(s);
  add_counters(out, s);
  out["loss_ratio"] = nullable(s.loss_ratio, real);
  out["unanswered_ratio"] = nullable(s.unanswered_ratio, real);
  out["lost_forward_total"] = integer(s.lost_forward_total);
  out["lost_reverse_total"] = integer(s.lost_reverse_total);
  out["achieved_per_second"] = nullable(s.achieved_per_second, real);
  out["tx_bytes_total"] = integer(s.tx_bytes_total);
  out["rx_bytes_total"] = integer(s.rx_bytes_total);
  out["rtt_ns"] = latency(s.rtt);
  out["response_ns"] = latency(s.response);
  out["rtt_variation_ns"] = variation(s.rtt_variation);
  out["jitter_rfc3550_ns"] = nanoseconds(s.jitter_rfc3550);
  out["connect_time_ns"] = optional_latency(s.connect_time);
  out["rtt_kernel_ns"] = optional_latency(s.rtt_kernel);
  out["server_residence_ns"] = residence(s.server_residence);
  out["one_way_ns"] = one_way(s.one_way_forward, s.one_way_reverse);
  out["loss_runs"] = nullable(s.loss_runs, loss_runs);
  out["send_errors"] = send_errors(s.reasons);
  out["foreign_reply"] = payload(s.foreign_reply);
  out["outages"] = outages(s.outages);
  out["tcp_info"] = nullable(s.tcp_info, tcp_info);
  out["path_mtu_bytes"] = integer(s.path_mtu_bytes);
  out["instrument"] = {{"send_lateness_ns", lateness(s.send_lateness)},
                       {"send_call_ns", lateness(s.send_call)},
                       {"clock_read_ns", nanoseconds(s.clock_read)},
                       {"wake_up_ns", lateness(s.wake_up)},
                       {"floor_ns", nanoseconds(s.floor)},
                       {"discarded_total", integer(s.discarded_total)},
                       {"events_dropped_total", integer(s.events_dropped_total)}};
  out["thresholds"] = thresholds(s.thresholds);
  out["error"] = error_fields(s.error);
  out["exit_code"] = s.exit_code;
  return out;
}

Json reply(const ReplyEvent& event) {
  return {{"target", socket(event.target)},
          {"flow", event.flow},
          {"sequence", integer(event.sequence)},
          {"status", to_string(event.status)},
          {"rtt_ns", nanoseconds(event.rtt)},
          {"response_ns", nanoseconds(event.response)},
          {"size_bytes", integer(event.size_bytes)},
          {"timestamp_source", to_string(event.timestamp_source)},
          {"server_residence_ns", nanoseconds(event.server_residence)},
          {"payload", payload(event.payload)},
          {"errno_name", errno_or_null(event.error_number)},
          {"icmp", nullable(event.icmp, icmp)},
          {"peer", socket(event.peer)}};
}

Json impaired(const ImpairedTotals& totals) {
  return {{"loss", integer(totals.loss)},
          {"dup", integer(totals.dup)},
          {"reorder", integer(totals.reorder)},
          {"corrupt", integer(totals.corrupt)},
          {"delayed", integer(totals.delayed)}};
}

Json endpoint_stats(const EndpointStats& stats) {
  Json dropped = Json::object();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    dropped[std::string(to_string(static_cast<DropReason>(i)))] = integer(stats.dropped_total[i]);
  }
  return {{"endpoint", socket(stats.endpoint)},
          {"connections_open", integer(stats.connections_open)},
          {"accepted_total", integer(stats.accepted_total)},
          {"rejected_total", integer(stats.rejected_total)},
          {"rx_bytes_total", integer(stats.rx_bytes_total)},
          {"tx_bytes_total", integer(stats.tx_bytes_total)},
          {"rx_messages_total", integer(stats.rx_messages_total)},
          {"tx_messages_total", integer(stats.tx_messages_total)},
          {"frames_stamped_total", integer(stats.frames_stamped_total)},
          {"framing_lost_total", integer(stats.framing_lost_total)},
          {"stalled_bytes", integer(stats.stalled_bytes)},
          {"dropped_total", std::move(dropped)},
          {"kernel_drop_buffers_total", integer(stats.kernel_drop_buffers_total)},
          {"impaired_total", nullable(stats.impaired_total, impaired)}};
}

Json server_stats(const StatsEvent& event, Json reason) {
  Json endpoints = Json::array();
  for (const EndpointStats& each : event.endpoints) endpoints.push_back(endpoint_stats(each));
  return {{"uptime_ns", nanoseconds(event.uptime)},
          {"reason", std::move(reason)},
          {"events_dropped_total", integer(event.events_dropped_total)},
          {"stalled_bytes", integer(event.stalled_bytes)},
          {"endpoints", std::move(endpoints)}};
}

struct Rendered {
  const char* type;
  Json fields;
};

struct Renderer {
  Rendered operator()(const ListeningEvent& e) const {
    return {"listening",
            {{"endpoint", socket(e.endpoint)},
             {"inherited", e.inherited},
             {"pid", signed_integer(e.pid)}}};
  }
  Rendered operator()(const OpenEvent& e) const {
    return {"open",
            {{"connection", integer(e.connection)},
             {"endpoint", socket(e.endpoint)},
             {"peer", socket(e.peer)}}};
  }
  Rendered operator()(const CloseEvent& e) const {
    return {"close",
            {{"connection", integer(e.connection)},
             {"endpoint", socket(e.endpoint)},
             {"peer", socket(e.peer)},
             {"reason", to_string(e.reason)},
             {"rx_bytes", integer(e.rx_bytes)},
             {"tx_bytes", integer(e.tx_bytes)},
             {"duration_ns", nanoseconds(e.duration)},
             {"error", error_fields(e.error)}}};
  }
  Rendered operator()(const DatagramEvent& e) const {
    return {"datagram",
            {{"endpoint", socket(e.endpoint)},
             {"peer", socket(e.peer)},
             {"rx_bytes", integer(e.rx_bytes)},
             {"action", e.dropped ? "dropped" : "echoed"},
             {"reason", nullable(e.dropped, [](DropReason reason) { return to_string(reason); })},
             {"payload", payload(e.payload)}}};
  }
  Rendered operator()(const StatsEvent& e) const { return {"stats", server_stats(e, nullptr)}; }
  Rendered operator()(const StoppedEvent& e) const {
    return {"stopped", server_stats(e.stats, to_string(e.reason))};
  }
  Rendered operator()(const ReplyEvent& e) const { return {"reply", reply(e)}; }
  Rendered operator()(const IntervalEvent& e) const { return {"interval", summary(e.summary)}; }
  Rendered operator()(const SummaryEvent& e) const { return {"summary", summary(e.summary)}; }
  Rendered operator()(const ErrorEvent& e) const { return {"error", error_fields(e)}; }
};

Json with_common(const char* type, WallTime time, const Json& fields) {
  Json out{{"schema", "netecho/1"}, {"type", type}, {"time", format_rfc3339(time)}};
  out.update(fields);
  return out;
}

/// Every text above is valid UTF-8; should one not be, a line with U+FFFD beats none.
std::string dump(const Json& value) {
  return escape_json_line(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

template <typename List, typename Render>
Json events(const List& list, const char* type, WallTime time, Render render) {
  Json out = Json::array();
  for (const auto& each : list) out.push_back(with_common(type, time, render(each)));
  return out;
}

}  // namespace

std::string to_json(const Event& event) {
  const MemoryReserve reserve{room_for(event.body)};
  const Rendered rendered = std::visit(Renderer{}, event.body);
  return dump(with_common(rendered.type, event.time, rendered.fields));
}

std::string to_json(const ResultEvent& result) {
  const MemoryReserve reserve{room_for(result)};
  const auto error = [](const ErrorEvent& each) { return error_fields(each); };
  const auto replies = [&](const auto& list) { return events(list, "reply", result.time, reply); };
  return dump(with_common("result", result.time,
                          {{"command", text(result.command)},
                           {"targets", events(result.targets, "summary", result.time, summary)},
                           {"replies", nullable(result.replies, replies)},
                           {"errors", events(result.errors, "error", result.time, error)},
                           {"exit_code", result.exit_code}}));
}

}  // namespace netecho
