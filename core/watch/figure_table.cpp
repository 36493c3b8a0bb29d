#include "core/watch/figure_table.hpp"

#include <utility>

namespace netecho {

void FigureTable::publish(SeriesList all) {
  auto next = std::make_shared<const SeriesList>(std::move(all));
  const std::scoped_lock lock{mutex_};
  all_.swap(next);  // The old one is freed without the lock.
}

void FigureTable::outcome(const ProbeOutcome& outcome) {
  const auto found = series_.find(outcome.target);
  if (found == series_.end()) return;
  const std::scoped_lock lock{mutex_};
  found->second->figures_.record(outcome);
  const bool left = outcome.status != ReplyStatus::late && outcome.status != ReplyStatus::duplicate;
  if (left && outcome.sent && outcome.intended) lateness_.record(*outcome.sent - *outcome.intended);
}

std::shared_ptr<const SeriesList> FigureTable::all() const {
  const std::scoped_lock lock{mutex_};
  return all_;
}

std::span<const SeriesFigures> FigureTable::copy(std::span<const std::shared_ptr<WatchSeries>> some,
                                                 std::vector<SeriesFigures>& out) const {
  if (out.size() < some.size()) out.resize(some.size(), SeriesFigures{bounds_});
  const std::scoped_lock lock{mutex_};
  for (std::size_t i = 0; i < some.size(); ++i) out[i] = some[i]->figures_;
  return std::span{out}.first(some.size());
}

BucketCounts FigureTable::send_lateness() const {
  const std::scoped_lock lock{mutex_};
  return lateness_;
}

}  // namespace netecho
