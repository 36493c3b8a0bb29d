#include "core/serve/stats_collector.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "core/facts/fields.hpp"

namespace netecho {
namespace {

/// Adds each counter of one loop to that of all loops together.
struct AddUp {
  void operator()(std::string_view /*name*/, std::uint64_t& total,
                  const std::uint64_t& part) const {
    total += part;
  }
  template <typename Value>
  void operator()(std::string_view name, std::optional<Value>& total,
                  const std::optional<Value>& part) const {
    if (!total) {
      total = part;
    } else if (part) {
      (*this)(name, *total, *part);
    }
  }
  template <HasFields Group>
  void operator()(std::string_view /*name*/, Group& total, const Group& part) const {
    Fields<Group>::visit(*this, total, part);
  }
  /// Both serve the same endpoint.
  void operator()(std::string_view /*name*/, SocketDescription& /*total*/,
                  const SocketDescription& /*part*/) const {}
};

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
        Fields<EndpointStats>::visit(AddUp{}, total, told.stats[i]);
      }
    }
  }
  return totals;
}

}  // namespace netecho
