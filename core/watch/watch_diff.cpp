#include "core/watch/watch_diff.hpp"

namespace netecho {

std::vector<WatchStep> WatchDiff::replace(const std::vector<WatchTarget>& targets) {
  ++lists_;
  std::vector<WatchStep> stay;
  for (const WatchTarget& target : targets) {
    const auto [place, fresh] = known_.try_emplace({target.endpoint, target.labels},
                                                   Known{next_id_, target.options, lists_});
    Known& known = place->second;
    if (fresh) {
      stay.push_back({WatchStep::Kind::add, next_id_++, target});
      continue;
    }
    known.seen = lists_;
    if (known.options == target.options) continue;
    known.options = target.options;
    stay.push_back({WatchStep::Kind::change, known.id, target});
  }
  std::vector<WatchStep> steps;
  std::erase_if(known_, [&](const auto& each) {
    if (each.second.seen == lists_) return false;
    steps.push_back({WatchStep::Kind::remove, each.second.id, {}});
    return true;
  });
  steps.insert(steps.end(), stay.begin(), stay.end());
  return steps;
}

}  // namespace netecho
