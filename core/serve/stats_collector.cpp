#include "core/serve/stats_collector.hpp"

#include <utility>

namespace netecho {
namespace {

void add_up(EndpointStats& total, const EndpointStats& part) {
  total.connections_open += part.connections_open;
  total.accepted_total += part.accepted_total;
  total.rejected_total += part.rejected_total;
  total.rx_bytes_total += part.rx_bytes_total;
  total.tx_bytes_total += part.tx_bytes_total;
  if (total.rx_messages_total) *total.rx_messages_total += part.rx_messages_total.value_or(0);
  if (total.tx_messages_total) *total.tx_messages_total += part.tx_messages_total.value_or(0);
  total.frames_stamped_total += part.frames_stamped_total;
  total.framing_lost_total += part.framing_lost_total;
  total.stalled_bytes += part.stalled_bytes;
  for (std::size_t i = 0; i < total.dropped_total.size(); ++i) {
    total.dropped_total[i] += part.dropped_total[i];
  }
  if (total.kernel_drop_buffers_total) {
    *total.kernel_drop_buffers_total += part.kernel_drop_buffers_total.value_or(0);
  }
}

}  // namespace

void StatsCollector::expect(std::size_t loops, std::size_t endpoints) {
  loops_.resize(loops);
  endpoints_ = endpoints;
}

void StatsCollector::ask() noexcept {
  if (waited_for_ != 0) return;
  waited_for_ = loops_.size();
  for (Told& each : loops_) each.since_asked = false;
}

bool StatsCollector::tell(std::size_t loop, const std::deque<EndpointStats>& stats,
                          const std::vector<std::size_t>& endpoints) {
  Told& told = loops_[loop];
  std::vector<EndpointStats> news{stats.begin(), stats.end()};
  if (told.endpoints.empty()) told.endpoints = endpoints;  // They never change.
  told.stats = std::move(news);
  if (waited_for_ == 0 || std::exchange(told.since_asked, true)) return false;
  return --waited_for_ == 0;
}

std::vector<EndpointStats> StatsCollector::totals() const {
  std::vector<EndpointStats> totals(endpoints_);
  for (const Told& told : loops_) {
    for (std::size_t i = 0; i < told.stats.size(); ++i) {
      EndpointStats& total = totals[told.endpoints[i]];
      if (total.endpoint.uri.empty()) {
        total = told.stats[i];
      } else {
        add_up(total, told.stats[i]);
      }
    }
  }
  return totals;
}

}  // namespace netecho
