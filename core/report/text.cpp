#include "core/report/text.hpp"

#include "core/base/escape.hpp"
#include "core/report/families_text.hpp"
#include "core/report/reasons_text.hpp"
#include "core/report/summary_text.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string payload_text(const std::optional<PayloadSample>& payload) {
  if (!payload) return {};
  return " \"" + escape_for_terminal(payload->data) + "\"" + (payload->truncated ? "…" : "");
}

/// Shows what was injected on purpose, except losses, which are among the drops.
std::string impaired_text(const ImpairedTotals& totals) {
  std::string out;
  const std::pair<std::uint64_t, const char*> counts[] = {{totals.dup, "duplicated"},
                                                          {totals.reorder, "reordered"},
                                                          {totals.corrupt, "corrupted"},
                                                          {totals.delayed, "delayed"}};
  for (const auto& [count, what] : counts) {
    if (count != 0) out += ", " + number(count) + " " + what + " (impaired)";
  }
  return out;
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
      if (each.rejected_total != 0) out += ", " + number(each.rejected_total) + " rejected";
    }
    out += ", " + format_size(each.rx_bytes_total) + " in, " + format_size(each.tx_bytes_total) +
           " out";
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      if (each.dropped_total[i] == 0) continue;
      out += ", " + number(each.dropped_total[i]) + " dropped (" +
             std::string(to_string(static_cast<DropReason>(i))) + ")";
    }
    // It is a lower bound, as a train counts as one.
    if (const std::uint64_t lost = each.kernel_drop_buffers_total.value_or(0); lost != 0) {
      out += ", at least " + number(lost) + " dropped by the kernel";
    }
    if (each.stalled_bytes != 0) {
      out += ", " + format_size(each.stalled_bytes) + " held for peers that do not read";
    }
    if (each.impaired_total) out += impaired_text(*each.impaired_total);
    out += "\n";
  }
  if (stats.events_dropped_total != 0) {
    out += "  " + number(stats.events_dropped_total) + " events dropped: their reader is slow\n";
  }
  return out;
}

/// Where one of many answered: which.
std::string station_text(const ReplyEvent& reply) {
  if (!reply.peer || !reply.peer->interface || !reply.peer->address) return {};
  if (reply.peer->address == reply.target.address) return {};
  return " from " + escape_for_terminal(*reply.peer->address);
}

std::string reply_line(const ReplyEvent& reply, const TextStyle& style) {
  std::string out = style.name_target ? name_of(reply.target) + " " : "";
  out += "seq=" + number(reply.sequence) + " ";
  if (reply.status == ReplyStatus::ok) {
    out += format_size(reply.size_bytes) + " rtt=" + figure_text(reply.rtt);
    if (reply.server_residence) out += " server=" + figure_text(reply.server_residence);
    if (reply.hop_limit) out += " hop_limit=" + number(*reply.hop_limit);
    if (reply.elsewhere) out += " from " + name_of(reply.peer);
  } else {
    out += paint(std::string(to_string(reply.status)), kRed, style) + reason_of(reply);
    if (reply.rtt) out += " rtt=" + figure_text(reply.rtt);
  }
  return out + station_text(reply) + payload_text(reply.payload) + "\n";
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
    return "since the last report: " + summary_lines(e.summary, style);
  }
  std::string operator()(const SummaryEvent& e) const { return summary_lines(e.summary, style); }
  std::string operator()(const FamiliesEvent& e) const { return families_table(e, style); }
  std::string operator()(const ErrorEvent& e) const {
    return paint("error", kRed, style) + " " + message_text(e.message) + "\n";
  }
};

TimeOfDay time_shown(const EventBody& body, const TextStyle& style) noexcept {
  if (std::holds_alternative<ErrorEvent>(body)) return TimeOfDay::none;
  const bool interim =
      std::holds_alternative<StatsEvent>(body) || std::holds_alternative<IntervalEvent>(body);
  return style.time.value_or(interim ? TimeOfDay::local : TimeOfDay::none);
}

}  // namespace

std::string to_text(const Event& event, const TextStyle& style) {
  return with_time_of_day(std::visit(TextRenderer{style}, event.body), event.time,
                          time_shown(event.body, style));
}

}  // namespace netecho
