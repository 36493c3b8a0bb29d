#include "core/probe/probe_events.hpp"

#include <algorithm>
#include <utility>

namespace netecho {

void ProbeEvents::came(std::size_t /*target*/, const SocketDescription& description) {
  targets_.push_back(description);
}

void ProbeEvents::outcome(const ProbeOutcome& outcome) {
  ReplyEvent event{.target = targets_[outcome.target],
                   .flow = outcome.flow,
                   .sequence = outcome.sequence.value,
                   .status = outcome.status,
                   .rtt = outcome.rtt,
                   .response = outcome.response,
                   .size_bytes = options_.size_bytes,
                   .timestamp_source = options_.timestamps,
                   .server_residence = outcome.server_residence,
                   .payload = {},
                   .error_number = outcome.error,
                   .icmp = {}};
  if (outcome.icmp != nullptr) event.icmp = *outcome.icmp;
  if (options_.mode == ProbeMode::connect) event.size_bytes = 0;
  if (outcome.peer != nullptr) event.peer = *outcome.peer;
  if (const Slot* reply = outcome.reply; reply != nullptr && options_.mode == ProbeMode::echo) {
    event.size_bytes = reply->size;
    event.elsewhere = reply->elsewhere;
    if (reply->hop_limit != 0) event.hop_limit = reply->hop_limit;
    if (const std::size_t limit = options_.show_payload_bytes; limit > 0) {
      const std::size_t shown = std::min<std::size_t>(limit, reply->size);
      event.payload = PayloadSample{{reinterpret_cast<const char*>(reply->data), shown},
                                    reply->size,
                                    reply->truncated || shown < reply->size};
    }
  }
  sink_.emit({clock_.wall_now(), std::move(event)});
}

void ProbeEvents::interval(std::span<const ProbeResult> targets) {
  for (const ProbeResult& target : targets) {
    IntervalEvent event{target.summary};
    event.summary.events_dropped_total = sink_.dropped_total();
    sink_.emit({clock_.wall_now(), std::move(event)});
  }
}

}  // namespace netecho
