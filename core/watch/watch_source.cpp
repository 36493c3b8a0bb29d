#include "core/watch/watch_source.hpp"

#include <algorithm>

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// So many steps are taken at once, and the next ones a little later.
constexpr std::size_t kStepsATurn = 64;
constexpr Duration kNextSteps = 2ms;
/// How long news wait for being looked at.
constexpr Duration kNextLook = 50ms;
/// A first tick is so far away at least: until then its flow is made.
constexpr Duration kAhead = 20ms;
/// Probes leave in rounds so far apart, because a wake-up costs more than a probe; closer where the
/// rounds would be long.
constexpr Duration kRoundsApart = 8ms;
constexpr Duration kManyApart = 1ms;
constexpr std::size_t kMany = 2000;

}  // namespace

void WatchInbox::put(std::vector<WatchStep> steps) {
  const std::scoped_lock lock{mutex_};
  std::ranges::move(steps, std::back_inserter(steps_));
}

std::vector<WatchStep> WatchInbox::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(steps_, {});
}

Instant WatchSource::poll(TargetSet& targets, Instant now) {
  if (!epoch_) epoch_ = now;
  if (parts_.alive) parts_.alive();
  for (WatchStep& step : parts_.inbox.take()) steps_.push_back(std::move(step));
  for (std::size_t i = 0; i < kStepsATurn && !steps_.empty(); ++i) {
    take_step(steps_.front(), targets, now);
    steps_.pop_front();
  }
  for (const auto& name : parts_.names.poll(now)) {
    const auto followers = followers_.find(name.get());
    if (followers == followers_.end()) continue;
    for (const std::uint64_t id : followers->second) follow(entries_.at(id), targets, now);
  }
  forget_stopped(now);
  told_rate_.store(rate_, std::memory_order_relaxed);
  if (!steps_.empty()) return now + kNextSteps;
  if (std::exchange(changed_, false)) publish();
  return now + kNextLook;
}

void WatchSource::take_step(WatchStep& step, TargetSet& targets, Instant now) {
  changed_ = true;
  switch (step.kind) {
    case WatchStep::Kind::add:
      add(step.id, std::move(step.target), targets, now);
      break;
    case WatchStep::Kind::change:
      change(step.id, std::move(step.target), targets, now);
      break;
    case WatchStep::Kind::remove:
      remove(step.id, targets, now);
      break;
  }
  size_.store(entries_.size(), std::memory_order_relaxed);
}

void WatchSource::add(std::uint64_t id, WatchTarget target, TargetSet& targets, Instant now) {
  // Multiples of the golden ratio are far from each other, however many there are.
  constexpr std::uint64_t kGoldenRatio = 0x9E37'79B9'7F4A'7C15;  // As a part of 2^64.
  Entry& entry = entries_[id];
  entry.target = std::move(target);
  entry.place = static_cast<double>(places_++ * kGoldenRatio) * 0x1p-64;
  if (auto question = parts_.targets.name_of(entry.target)) {
    entry.name = parts_.names.watch(std::move(*question), now);
    followers_[entry.name.get()].push_back(id);
  }
  begin(entry, targets, now);
}

bool WatchSource::probes_all(const WatchTarget& target) const noexcept {
  return target.options.resolve.value_or(parts_.settings.resolve) == ResolveChoice::all;
}

void WatchSource::begin(Entry& entry, TargetSet& targets, Instant now) {
  if (entry.name != nullptr && probes_all(entry.target)) return follow_all(entry, targets, now);
  const auto series = std::make_shared<WatchSeries>(parts_.targets.labels_of(entry.target, {}),
                                                    entry.target.endpoint, parts_.figures.bounds());
  entry.probed.push_back({std::nullopt, series});
  probe(entry, entry.probed.back(), targets, now);
}

void WatchSource::change(std::uint64_t id, WatchTarget target, TargetSet& targets, Instant now) {
  Entry& entry = entries_.at(id);
  for (const Probed& probed : entry.probed) stop(entry, probed, targets, now);
  const bool other_series = probes_all(entry.target) != probes_all(target);
  entry.target = std::move(target);
  if (entry.name != nullptr && other_series) {
    entry.probed.clear();
    return begin(entry, targets, now);
  }
  for (Probed& probed : entry.probed) probe(entry, probed, targets, now);
}

void WatchSource::remove(std::uint64_t id, TargetSet& targets, Instant now) {
  const auto found = entries_.find(id);
  Entry& entry = found->second;
  for (const Probed& probed : entry.probed) stop(entry, probed, targets, now);
  if (entry.name != nullptr) {
    const auto followers = followers_.find(entry.name.get());
    std::erase(followers->second, id);
    if (followers->second.empty()) followers_.erase(followers);
  }
  entries_.erase(found);
}

/// A name has other addresses than before.
void WatchSource::follow(Entry& entry, TargetSet& targets, Instant now) {
  changed_ = true;
  probes_all(entry.target) ? follow_all(entry, targets, now) : follow_one(entry, targets, now);
}

void WatchSource::follow_all(Entry& entry, TargetSet& targets, Instant now) {
  const std::vector<SocketAddress> wanted = entry.name->addresses();
  std::erase_if(entry.probed, [&](const Probed& probed) {
    if (std::ranges::find(wanted, *probed.address) != wanted.end()) return false;
    stop(entry, probed, targets, now);
    return true;
  });
  for (const SocketAddress& address : wanted) {
    const auto has = [&](const Probed& probed) { return *probed.address == address; };
    if (std::ranges::any_of(entry.probed, has)) continue;
    if (!fits(entry)) {
      if (parts_.left_out) parts_.left_out(entry.target.endpoint);
      return;
    }
    const auto series =
        std::make_shared<WatchSeries>(parts_.targets.labels_of(entry.target, address),
                                      entry.target.endpoint, parts_.figures.bounds());
    entry.probed.push_back({address, series});
    probe(entry, entry.probed.back(), targets, now);
  }
}

/// Connects anew if the peer's address is none of the name's any more.
void WatchSource::follow_one(Entry& entry, TargetSet& targets, Instant now) {
  Probed& probed = entry.probed.front();
  std::optional<std::string> peer;
  parts_.figures.change(*probed.series,
                        [&](const SeriesFigures& figures) { peer = figures.address; });
  if (!peer) return;  // The next attempt takes the new ones.
  const std::vector<SocketAddress> wanted = entry.name->addresses();
  const auto is_peer = [&](const SocketAddress& each) { return each.ip() == *peer; };
  if (std::ranges::any_of(wanted, is_peer)) return;
  stop(entry, probed, targets, now);
  probe(entry, probed, targets, now);
}

bool WatchSource::fits(const Entry& entry) const noexcept {
  const auto& most = parts_.settings.max_rate;
  return !most || rate_ + rate_of(entry.target, parts_.settings) <= *most;
}

void WatchSource::probe(Entry& entry, Probed& probed, TargetSet& targets, Instant now) {
  const auto options = options_of(entry.target);
  parts_.figures.change(*probed.series, [&](SeriesFigures& figures) {
    figures.begin_flows();
    figures.up_within = options->interval + options->timeout;
    figures.address.reset();
    figures.denied = false;
  });
  ProbeTarget target = parts_.targets.make(entry.target, entry.name, probed.address, probed.series);
  target.options = options;
  target.first_tick = first_tick(entry, options->interval, now);
  target.flows.resize(flows_of(entry.target, parts_.settings));
  probed.number = targets.add(std::move(target));
  parts_.figures.attach(probed.number, probed.series);
  rate_ += rate_of(entry.target, parts_.settings);
}

void WatchSource::stop(const Entry& entry, const Probed& probed, TargetSet& targets, Instant now) {
  targets.remove(probed.number);
  stopped_.emplace_back(now + probe_options(entry.target, parts_.settings).timeout + 1s,
                        probed.number);
  rate_ -= rate_of(entry.target, parts_.settings);
}

Instant WatchSource::first_tick(const Entry& entry, Duration interval, Instant now) const {
  const Duration apart = entries_.size() > kMany ? kManyApart : kRoundsApart;
  const auto within = static_cast<double>(interval.count());
  Duration offset{static_cast<std::int64_t>(entry.place * within)};
  if (interval >= 2 * apart) offset -= offset % apart;
  const Instant first = *epoch_ + offset;
  const Duration late = now + kAhead - first;
  return late <= Duration::zero() ? first : first + interval * ((late - 1ns) / interval + 1);
}

std::shared_ptr<const ProbeOptions> WatchSource::options_of(const WatchTarget& target) {
  ProbeOptions options = probe_options(target, parts_.settings);
  auto& known = options_[{options.interval, options.timeout, options.size_bytes}];
  auto shared = known.lock();
  if (shared == nullptr) known = shared = std::make_shared<const ProbeOptions>(std::move(options));
  return shared;
}

/// A time-out after it stopped nothing more is told of a target.
void WatchSource::forget_stopped(Instant now) {
  while (!stopped_.empty() && stopped_.front().first <= now) {
    parts_.figures.detach(stopped_.front().second);
    stopped_.pop_front();
  }
}

void WatchSource::publish() {
  SeriesList all;
  for (const auto& [id, entry] : entries_) {
    for (const Probed& probed : entry.probed) all.push_back(probed.series);
  }
  parts_.figures.publish(std::move(all));
  std::erase_if(options_, [](const auto& each) { return each.second.expired(); });
}

}  // namespace netecho
