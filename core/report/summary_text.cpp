#include "core/report/summary_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "core/base/escape.hpp"
#include "core/report/reasons_text.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// Says "1 run", "2 runs".
std::string counted(std::uint64_t value, const char* what) {
  return number(value) + " " + what + (value == 1 ? "" : "s");
}

/// Shows four digits of a small rate, all of a large one: 66.67, 1234, 200300.
std::string rate_text(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), rate < 1000 ? "%.4g" : "%.0f", rate);
  return text.data();
}

void add_count(std::string& out, std::uint64_t value, const char* what) {
  if (value != 0) out += ", " + number(value) + " " + what;
}

/// A late reply was lost on neither way: it came, but after the time-out.
std::string late_of_reverse(const Summary& s) {
  const std::uint64_t late = std::min(s.late_total, *s.lost_reverse_total);
  return late == 0 ? "" : ", of which " + number(late) + " came late";
}

/// `serve` answers a source prefix a thousand times a second. What it leaves out looks like loss on
/// the way back. Authenticated frames and its own host are exempt.
std::string rate_limit_line(const Summary& s) {
  constexpr double kServersLimit = 1000;
  constexpr double kBelow =
      0.7;  // The time includes the wait for the last replies; some can be lost, too.
  const SocketDescription& peer = s.peer ? *s.peer : s.target;
  const std::string address = peer.address.value_or("");
  const bool loopback = address.starts_with("127.") || address == "::1" || address == "localhost";
  if (!s.stamped.value_or(false) || s.authenticated.value_or(false)) return {};
  // Only datagrams that come over a network are limited so.
  if (peer.socket_type != SocketType::datagram || !peer.port || loopback) return {};
  if (!s.lost_reverse_total || !s.achieved_per_second) return {};
  const std::uint64_t reverse =
      *s.lost_reverse_total - std::min(s.late_total, *s.lost_reverse_total);
  if (reverse == 0 || reverse <= s.lost_forward_total.value_or(0)) return {};
  const double seconds = std::chrono::duration<double>(s.duration).count();
  const double received = static_cast<double>(s.received_total);
  if (*s.achieved_per_second <= kServersLimit || received < kBelow * kServersLimit * seconds) {
    return {};
  }
  return "  note: the server seems to limit its replies (serve --udp-max-rate, 1000 a second "
         "unless "
         "set): the reverse losses may be its own, not the network's\n";
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
  add_count(out, s.skipped_total - std::min(s.no_connection_total, s.skipped_total), "skipped");
  add_count(out, s.no_connection_total, "without a connection");
  add_count(out, s.send_error_total, "not sent");
  if (const auto ratio = unanswered_beyond_loss(s)) {
    out += ": " + paint(percent_text(*ratio) + " unanswered", kRed, style);
  }
  if (s.lost_total != 0 && s.lost_forward_total) {
    out += " (" + number(*s.lost_forward_total) + " forward, " + number(*s.lost_reverse_total) +
           " reverse" + late_of_reverse(s) + ")";
  }
  return out + ", in " + format_duration(s.duration) + "\n";
}

std::string pace_line(const Summary& s) {
  return "  " + rate_text(s.achieved_per_second.value_or(0)) + " sent per second, " +
         format_size(s.tx_bytes_total) + " out, " + format_size(s.rx_bytes_total) + " in\n";
}

/// Shows " p50 …, p90 …": percentiles up to p99 always, rarer ones if there are samples enough.
std::string percentiles(const LatencyFigures& figures) {
  std::string out = " p50 " + figure_text(figures.p50) + ", p90 " + figure_text(figures.p90) +
                    ", p99 " + figure_text(figures.p99);
  if (figures.p999) out += ", p99.9 " + figure_text(figures.p999);
  if (figures.p9999) out += ", p99.99 " + figure_text(figures.p9999);
  return out;
}

std::string latency_lines(const char* name, const LatencyFigures& figures, std::uint64_t samples) {
  if (!figures.min) return {};
  std::string out = "  " + std::string(name) + " min/mean/max " + figure_text(figures.min) + " / " +
                    figure_text(figures.mean) + " / " + figure_text(figures.max) + ", stddev " +
                    figure_text(figures.stddev) + "\n";
  out += std::string(std::string_view(name).size() + 2, ' ') + percentiles(figures);
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
  std::string out = "  response" + percentiles(figures) + ", max " + figure_text(figures.max);
  // A figure is missing though there are samples enough: it falls on what never came.
  if (!figures.max) out += " (lost and skipped probes count as infinite)";
  return out + "\n";
}

/// Shows the round trip in the network stack, and what this process adds to it by being woken.
std::string kernel_line(const Summary& s) {
  if (!s.rtt_kernel.min) return {};
  std::string out = "  rtt by kernel stamps" + percentiles(s.rtt_kernel) + ", max " +
                    figure_text(s.rtt_kernel.max);
  if (s.rtt.p50 && s.rtt_kernel.p50) {
    out += "; this process adds p50 " + format_duration(*s.rtt.p50 - *s.rtt_kernel.p50);
  }
  return out + "\n";
}

std::string order_lines(const Summary& s) {
  std::string out;
  if (s.rtt_variation.p50) {
    out += "  variation p50 " + figure_text(s.rtt_variation.p50) + ", p95 " +
           figure_text(s.rtt_variation.p95) + ", max " + figure_text(s.rtt_variation.max) +
           "; jitter (RFC 3550) " + figure_text(s.jitter_rfc3550) + "\n";
  }
  if (s.loss_runs && s.loss_runs->count != 0) {
    out += "  losses in " + counted(s.loss_runs->count, "run") + ", the longest " +
           counted(s.loss_runs->longest, "probe") + " (" +
           format_duration(s.loss_runs->longest_time) + ")\n";
  }
  for (const Outage& outage : s.outages) {
    out += "  outage of " + format_duration(outage.duration) + " from " +
           format_rfc3339(outage.start) + " on: " + counted(outage.probes, "probe") +
           " unanswered\n";
  }
  return out;
}

std::string server_lines(const Summary& s) {
  std::string out;
  if (s.server_residence.p50) {
    out += "  server residence p50 " + figure_text(s.server_residence.p50) + ", p99 " +
           figure_text(s.server_residence.p99) + ", max " + figure_text(s.server_residence.max) +
           "\n";
  }
  for (const auto& [name, figures] :
       {std::pair{"forward", &s.one_way.forward}, std::pair{"reverse", &s.one_way.reverse}}) {
    if (!figures->min) continue;
    out += std::string("  one way ") + name + " min " + figure_text(figures->min) + "," +
           percentiles(*figures) + ", max " + figure_text(figures->max) + "\n";
  }
  return out;
}

/// "replies arrived with hop limit 57", "… 57 to 61, 3 changes".
std::string hop_limit_text(const HopLimits& limits) {
  std::string out = "replies arrived with hop limit " + number(limits.min);
  if (limits.max != limits.min) out += " to " + number(limits.max);
  if (limits.changes_total != 0) out += ", " + counted(limits.changes_total, "change");
  return out;
}

/// A line each of those that answered where many were asked.
std::string station_lines(const Summary& s) {
  if (!s.stations) return {};
  std::string out = "  " + counted(s.stations->size(), "station") + " answered\n";
  for (const StationFigures& each : *s.stations) {
    out +=
        "  " + escape_for_terminal(each.address) + ": " + number(each.received_total) + " received";
    add_count(out, each.duplicate_total, "duplicate");
    if (each.rtt.min) {
      out += ", rtt min/mean/max " + figure_text(each.rtt.min) + " / " +
             figure_text(each.rtt.mean) + " / " + figure_text(each.rtt.max);
    }
    out += "\n";
  }
  return out;
}

std::string path_line(const Summary& s) {
  std::string out;
  if (const auto& tcp = s.tcp_info) {
    out += "tcp rtt " + format_duration(tcp->rtt) + " ± " + format_duration(tcp->rttvar) + ", " +
           counted(tcp->retransmits_total, "retransmit") + ", cwnd " + number(tcp->cwnd) +
           ", mss " + number(tcp->mss_bytes) + " B";
  }
  if (const auto& mptcp = s.mptcp) {
    out += (out.empty() ? "" : ", ") + (mptcp->fallback
                                            ? "mptcp fell back to plain tcp"
                                            : "mptcp over " + counted(mptcp->subflows, "subflow"));
  }
  if (s.path_mtu_bytes) {
    out += (out.empty() ? "" : ", ") + ("path MTU " + number(*s.path_mtu_bytes) + " B");
  }
  if (s.path && s.path->reply_hop_limit) {
    out += (out.empty() ? "" : ", ") + hop_limit_text(*s.path->reply_hop_limit);
  }
  return out.empty() ? out : "  " + out + "\n";
}

/// Shows what the measuring itself cost, and how exact it was.
std::string instrument_lines(const Summary& s) {
  std::string out = "  instrument:";
  if (s.send_lateness.p50) {
    out += " sent late by p50 " + figure_text(s.send_lateness.p50) + ", p99 " +
           figure_text(s.send_lateness.p99) + ", max " + figure_text(s.send_lateness.max) + ";";
  }
  out += " send call p50 " + figure_text(s.send_call.p50);
  if (s.wake_up.p50) out += ", wake-up p50 " + figure_text(s.wake_up.p50);
  if (s.clock_read) out += ", clock read " + format_duration(*s.clock_read);
  if (s.discarded_total != 0) {
    out += ", " + number(s.discarded_total) +
           " samples discarded (a clock was stepped, or a one-way delay was negative: the clocks "
           "differ)";
  }
  out += "\n";
  if (s.floor && s.rtt.p50 && *s.rtt.p50 < *s.floor * 2) {
    out += "  note: this machine's own floor for it is " + format_duration(*s.floor) +
           ": a large part of this RTT is the instrument's own\n";
  }
  return out;
}

std::string heading(const Summary& s, const TextStyle& style) {
  std::string out = paint(name_of(s.target), kBold, style);
  if (s.peer && s.peer->uri != s.target.uri) out += " (" + name_of(*s.peer) + ")";
  if (s.flow) out += ", flow " + number(*s.flow);
  if (s.mode == ProbeMode::connect) out += ", connect";
  if (s.mode == ProbeMode::echo && s.sent_total != 0) out += ", " + format_size(s.size_bytes);
  if (s.schedule == ScheduleKind::poisson) out += ", Poisson";
  if (s.schedule == ScheduleKind::flood) out += ", flood";
  if (s.stamped) out += *s.stamped ? ", stamping server" : ", plain echo";
  if (s.authenticated && *s.authenticated) out += ", authenticated";
  if (s.interrupted) out += ", interrupted";
  const TimeOfDay time = style.time.value_or(TimeOfDay::none);
  if (time != TimeOfDay::none) {
    out += ", began " + time_of_day(s.started, time);
    out.pop_back();  // The space that parts it from a line.
  }
  return out + "\n";
}

}  // namespace

std::string summary_lines(const Summary& s, const TextStyle& style) {
  std::string out = heading(s, style);
  if (s.error) out += "  " + paint(message_text(s.error->message), kRed, style) + "\n";
  if (s.scheduled_total == 0) return out;
  out += "  " + counts_line(s, style) + reason_lines(s) + pace_line(s) + foreign_line(s);
  out += rate_limit_line(s) + station_lines(s);
  out += latency_lines("rtt", s.rtt, s.received_total);
  out += latency_lines("connect", s.connect_time, s.received_total);
  out += response_line(s) + kernel_line(s) + server_lines(s) + order_lines(s) + path_line(s);
  return out + instrument_lines(s);
}

}  // namespace netecho
