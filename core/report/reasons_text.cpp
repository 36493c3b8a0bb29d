#include "core/report/reasons_text.hpp"

#include <cerrno>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/escape.hpp"

namespace netecho {
namespace {

std::string_view outcome_of(ReplyStatus status) noexcept {
  switch (status) {
    case ReplyStatus::refused:
      return "refused";
    case ReplyStatus::unreachable:
      return "unreachable";
    default:
      return "not sent";
  }
}

/// Returns what the network said, without what the status before it says already: "host" of "host
/// unreachable".
std::string_view said(const IcmpError& icmp, ReplyStatus status) noexcept {
  constexpr std::string_view kTwice = " unreachable";
  std::string_view phrase = phrase_of(icmp);
  if (status == ReplyStatus::unreachable && phrase.ends_with(kTwice)) {
    phrase.remove_suffix(kTwice.size());
  }
  return phrase;
}

/// If some connections stood, there is an address, but no free port.
std::string_view port_hint(const FailureReason& reason, const Summary& summary) noexcept {
  const bool no_port = reason.status == ReplyStatus::send_error &&
                       reason.error_number == EADDRNOTAVAIL && summary.received_total > 0;
  if (!no_port || summary.mode != ProbeMode::connect) return {};
  return ": no local port is left; --close reset keeps none, or probe fewer a second";
}

}  // namespace

std::string reason_lines(const Summary& summary) {
  std::string out;
  for (const FailureReason& each : summary.reasons) {
    out += "  " + std::to_string(each.count) + " ";
    out += outcome_of(each.status);
    if (each.error_number == 0) {
      out += ": for other reasons\n";
    } else if (each.icmp) {
      out += ": ";
      out += said(*each.icmp, each.status);
      out += ", from " + numeric(each.icmp->from) + " (" + errno_name(each.error_number) + ")\n";
    } else {
      out += ": " + reason_text(each.error_number, {});
      out += port_hint(each, summary);
      out += "\n";
    }
  }
  return out;
}

std::string foreign_line(const Summary& summary) {
  if (!summary.foreign_reply) return {};
  const PayloadSample& came = *summary.foreign_reply;
  std::string out = "  note: what came is no echo: " + format_size(came.size_bytes) + ", \"" +
                    escape_for_terminal(came.data) + "\"" + (came.truncated ? "…" : "");
  // Without a connection there is no connection time, either.
  if (summary.target.socket_type != SocketType::datagram) {
    out += "; --mode connect measures any service";
  }
  return out + "\n";
}

std::string reason_of(const ReplyEvent& reply) {
  if (reply.error_number == 0) return {};
  if (!reply.icmp) return ": " + reason_text(reply.error_number, {});
  const IcmpError& icmp = *reply.icmp;
  std::string out = ": ";
  out += said(icmp, reply.status);
  return out + ", from " + numeric(icmp.from) +
         (icmp.version == IcmpVersion::v4 ? " (ICMP type " : " (ICMPv6 type ") +
         std::to_string(icmp.type) + ", code " + std::to_string(icmp.code) + ", " +
         errno_name(reply.error_number) + ")";
}

}  // namespace netecho
