#include "core/report/text.hpp"

#include "core/base/escape.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

std::string name_of(const SocketDescription& end) {
  return escape_for_terminal(end.uri);
}
std::string name_of(const std::optional<SocketDescription>& end) {
  return end ? name_of(*end) : "an unnamed socket";
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string paint(const std::string& words, const char* code, const TextStyle& style) {
  return style.colour == Colour::on ? "\x1b[" + std::string(code) + "m" + words + "\x1b[0m" : words;
}
constexpr const char* kBold = "1";
constexpr const char* kRed = "31";

std::string payload_text(const std::optional<PayloadSample>& payload) {
  if (!payload) return {};
  return " \"" + escape_for_terminal(payload->data) + "\"" + (payload->truncated ? "…" : "");
}

std::string stats_lines(const StatsEvent& stats) {
  std::string out;
  for (const EndpointStats& each : stats.endpoints) {
    out += "  " + name_of(each.endpoint) + ": ";
    if (each.rx_messages_total) {
      out += number(*each.rx_messages_total) + " received, " +
             number(each.tx_messages_total.value_or(0)) + " echoed";
    } else {
      out += number(each.accepted_total) + " accepted, " + number(each.connections_open) + " open";
    }
    out += ", " + format_size(each.rx_bytes_total) + " in, " + format_size(each.tx_bytes_total) +
           " out";
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      if (each.dropped_total[i] == 0) continue;
      out += ", " + number(each.dropped_total[i]) + " dropped (" +
             std::string(to_string(static_cast<DropReason>(i))) + ")";
    }
    out += "\n";
  }
  if (stats.events_dropped_total != 0) {
    out += "  " + number(stats.events_dropped_total) + " events dropped: their reader is slow\n";
  }
  return out;
}

std::string reply_line(const ReplyEvent& reply, const TextStyle& style) {
  std::string out = style.name_target ? name_of(reply.target) + " " : "";
  out += "seq=" + number(reply.sequence) + " ";
  if (reply.status == ReplyStatus::ok) {
    out += format_size(reply.size_bytes) + " rtt=" + figure_text(reply.rtt);
    if (reply.server_residence) out += " server=" + figure_text(reply.server_residence);
  } else {
    out += paint(std::string(to_string(reply.status)), kRed, style);
    if (reply.rtt) out += " rtt=" + figure_text(reply.rtt);
  }
  return out + payload_text(reply.payload) + "\n";
}

// --- the summary of one target -------------------------------------------------------------------

void add_count(std::string& out, std::uint64_t value, const char* what) {
  if (value != 0) out += ", " + number(value) + " " + what;
}

std::string counts_line(const Summary& s, const TextStyle& style) {
  std::string out = number(s.sent_total) + " sent, " + number(s.received_total) + " received";
  if (s.loss_ratio) {
    const std::string loss = percent_text(*s.loss_ratio) + " lost";
    out += ", " + (s.lost_total != 0 ? paint(loss, kRed, style) : loss);
  }
  add_count(out, s.timeout_total, "timed out");
  add_count(out, s.refused_total, "refused");
  add_count(out, s.unreachable_total, "unreachable");
  add_count(out, s.mismatch_total, "mismatched");
  add_count(out, s.outstanding_total, "outstanding");
  add_count(out, s.late_total, "late");
  add_count(out, s.duplicate_total, "duplicate");
  add_count(out, s.reordered_total, "reordered");
  add_count(out, s.skipped_total, "skipped");
  add_count(out, s.send_error_total, "not sent");
  if (s.lost_total != 0 && s.lost_forward_total) {
    out += " (" + number(*s.lost_forward_total) + " forward, " + number(*s.lost_reverse_total) +
           " reverse)";
  }
  return out + ", in " + format_duration(s.duration) + "\n";
}

std::string latency_lines(const char* name, const LatencyFigures& figures, std::uint64_t samples) {
  if (!figures.min) return {};
  std::string out = "  " + std::string(name) + " min/mean/max " + figure_text(figures.min) + " / " +
                    figure_text(figures.mean) + " / " + figure_text(figures.max) + ", stddev " +
                    figure_text(figures.stddev) + "\n";
  const std::string indent(std::string_view(name).size() + 2, ' ');
  out += indent + " p50 " + figure_text(figures.p50) + ", p90 " + figure_text(figures.p90) +
         ", p99 " + figure_text(figures.p99);
  if (!figures.p90) {
    out += " (p90 needs 10 samples, p99 100; there are " + number(samples) + ")";
  } else if (!figures.p99) {
    out += " (p99 needs 100 samples; there are " + number(samples) + ")";
  }
  return out + "\n";
}

std::string response_line(const Summary& s) {
  const LatencyFigures& figures = s.response;
  if (!figures.min) return {};
  std::string out = "  response p50 " + figure_text(figures.p50) + ", p90 " +
                    figure_text(figures.p90) + ", p99 " + figure_text(figures.p99) + ", max " +
                    figure_text(figures.max);
  // A figure is missing though there are samples enough: it falls on what never came.
  if (!figures.max) out += " (lost and skipped probes count as infinite)";
  return out + "\n";
}

std::string summary_lines(const Summary& s, const TextStyle& style) {
  std::string out = paint(name_of(s.target), kBold, style);
  if (s.peer && s.peer->uri != s.target.uri) out += " (" + name_of(*s.peer) + ")";
  if (s.mode == ProbeMode::connect) out += ", connect";
  if (s.mode == ProbeMode::echo && s.sent_total != 0) out += ", " + format_size(s.size_bytes);
  if (s.stamped) out += *s.stamped ? ", stamping server" : ", plain echo";
  if (s.interrupted) out += ", interrupted";
  out += "\n";
  if (s.error) out += "  " + paint(message_text(s.error->message), kRed, style) + "\n";
  if (s.scheduled_total == 0) return out;

  out += "  " + counts_line(s, style);
  out += latency_lines("rtt", s.rtt, s.received_total);
  out += latency_lines("connect", s.connect_time, s.received_total);
  out += response_line(s);
  if (s.rtt_variation.p50) {
    out += "  variation p50 " + figure_text(s.rtt_variation.p50) + ", max " +
           figure_text(s.rtt_variation.max) + "; jitter (RFC 3550) " +
           figure_text(s.jitter_rfc3550) + "\n";
  }
  if (s.server_residence.p50) {
    out += "  server residence p50 " + figure_text(s.server_residence.p50) + ", max " +
           figure_text(s.server_residence.max) + "\n";
  }
  if (s.loss_runs && s.loss_runs->count != 0) {
    out += "  losses in " + number(s.loss_runs->count) + " runs, the longest " +
           number(s.loss_runs->longest) + " probes (" + format_duration(s.loss_runs->longest_time) +
           ")\n";
  }
  if (s.send_lateness.p50) {
    out += "  sent late by p50 " + figure_text(s.send_lateness.p50) + ", max " +
           figure_text(s.send_lateness.max) + "\n";
  }
  return out;
}

struct TextRenderer {
  const TextStyle& style;

  std::string operator()(const ListeningEvent& e) const {
    return "listening " + name_of(e.endpoint) + (e.inherited ? " (inherited)" : "") + "\n";
  }
  std::string operator()(const OpenEvent& e) const {
    return "open #" + number(e.connection) + " " + name_of(e.endpoint) + " from " +
           name_of(e.peer) + "\n";
  }
  std::string operator()(const CloseEvent& e) const {
    std::string out = "close #" + number(e.connection) + " " + name_of(e.endpoint) + " " +
                      std::string(to_string(e.reason)) + ", " + format_size(e.rx_bytes) + " in, " +
                      format_size(e.tx_bytes) + " out, " + format_duration(e.duration);
    if (e.error) out += ": " + message_text(e.error->message);
    return out + "\n";
  }
  std::string operator()(const DatagramEvent& e) const {
    return "datagram " + name_of(e.endpoint) + " from " + name_of(e.peer) + " " +
           format_size(e.rx_bytes) + " " +
           (e.dropped ? paint("dropped (" + std::string(to_string(*e.dropped)) + ")", kRed, style)
                      : "echoed") +
           payload_text(e.payload) + "\n";
  }
  std::string operator()(const StatsEvent& e) const {
    return "stats after " + format_duration(e.uptime) + "\n" + stats_lines(e);
  }
  std::string operator()(const StoppedEvent& e) const {
    return "stopped (" + std::string(to_string(e.reason)) + ") after " +
           format_duration(e.stats.uptime) + "\n" + stats_lines(e.stats);
  }
  std::string operator()(const ReplyEvent& e) const { return reply_line(e, style); }
  std::string operator()(const IntervalEvent& e) const {
    return "so far: " + summary_lines(e.summary, style);
  }
  std::string operator()(const SummaryEvent& e) const { return summary_lines(e.summary, style); }
  std::string operator()(const ErrorEvent& e) const {
    return paint("error", kRed, style) + " " + message_text(e.message) + "\n";
  }
};

}  // namespace

std::string to_text(const Event& event, const TextStyle& style) {
  return std::visit(TextRenderer{style}, event.body);
}

}  // namespace netecho
