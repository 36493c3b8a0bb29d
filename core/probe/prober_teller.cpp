#include "core/probe/prober_teller.hpp"

namespace netecho {

void Teller::tell(Sequence sequence, ReplyStatus status, const Detail& detail) const {
  if (!tells_) return;
  ProbeOutcome outcome{.target = target_,
                       .flow = flow_,
                       .sequence = sequence,
                       .status = status,
                       .ticks = detail.ticks,
                       .rtt = detail.rtt,
                       .response = detail.response,
                       .server_residence = detail.residence,
                       .reordered = detail.reordered,
                       .sent_up_to = detail.sent_up_to,
                       .server_count = detail.server_count,
                       .error = detail.reason.error,
                       .icmp = detail.reason.icmp,
                       .reply = detail.reply.message,
                       .peer = detail.reply.sender};
  const bool left = status != ReplyStatus::skipped && status != ReplyStatus::send_error;
  if (left) outcome.sent = detail.sent;
  // The probes of a flood are due at no time of their own.
  if (detail.sent && !floods_) outcome.intended = *detail.sent - detail.lateness;
  if (outcome.reply != nullptr) outcome.received = outcome.reply->at;
  observer_.outcome(outcome);
}

}  // namespace netecho
