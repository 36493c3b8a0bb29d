#include "core/report/series.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// Whoever names more flows than this has them in one.
constexpr std::size_t kMaxFlows = 1024;
/// Within so many sequences from its first on it is noticed that a run begins anew.
constexpr std::uint64_t kWindow = 64;

bool is_extra(ReplyStatus status) noexcept {
  return status == ReplyStatus::late || status == ReplyStatus::duplicate;
}

}  // namespace

void Series::note(Duration at, ReplyStatus status, std::optional<Duration> rtt) noexcept {
  ++by_status[static_cast<std::size_t>(status)];
  line.record(at, status, rtt);
}

void Series::record(Duration at, ReplyStatus status, std::optional<Duration> rtt) {
  note(at, status, rtt);
  if (status == ReplyStatus::ok && rtt) counted_.record(*rtt);
}

std::shared_ptr<Series> SeriesSet::begin(std::string_view uri) {
  if (entries_.size() >= kMost) {
    left_out_ = true;
    return nullptr;
  }
  entries_.push_back({std::string(uri), std::make_shared<Series>()});
  return entries_.back().series;
}

SeriesSet::Known* SeriesSet::known(std::string_view uri) {
  if (const auto found = known_.find(uri); found != known_.end()) return &found->second;
  if (entries_.size() >= kMost) {
    left_out_ = true;
    return nullptr;
  }
  return &known_.emplace(std::string(uri), Known{}).first->second;
}

/// A reply tells when it came, and with its round trip when its probe was sent. What was lost is
/// told only after the time-out: it was sent as long after the last one that was answered as their
/// numbers say.
Duration SeriesSet::time_of(const SeriesProbe& probe, Flow& flow) {
  if (probe.at) return *probe.at;
  if (!probe.time) return {};
  if (!zero_) zero_ = *probe.time - probe.rtt.value_or(Duration{});
  const Duration told = *probe.time - *zero_;
  if (probe.rtt) {
    const Duration sent = told - *probe.rtt;
    if (probe.status == ReplyStatus::ok) {
      if (!flow.first) {
        flow.first = sent;
        flow.first_sequence = probe.sequence;
      }
      if (probe.sequence >= flow.last_sequence || !flow.last) {
        flow.last = sent;
        flow.last_sequence = probe.sequence;
      }
    }
    return sent;
  }
  if (!flow.first || flow.last_sequence <= flow.first_sequence) return told;
  const auto between = static_cast<double>((*flow.last - *flow.first).count()) /
                       static_cast<double>(flow.last_sequence - flow.first_sequence);
  const double after =
      (static_cast<double>(probe.sequence) - static_cast<double>(flow.last_sequence)) * between;
  const double most = static_cast<double>((told - *flow.last).count());
  const double least = -static_cast<double>(flow.last->count());
  if (most < least) return told;
  return *flow.last + Duration{static_cast<std::int64_t>(std::clamp(after, least, most))};
}

void SeriesSet::add(const SeriesProbe& probe) {
  Known* target = known(probe.target);
  if (target == nullptr) return;
  const std::uint32_t number =
      target->flows.size() < kMaxFlows || target->flows.contains(probe.flow) ? probe.flow : 0;
  const auto [found, fresh] = target->flows.try_emplace(number);
  Flow& flow = found->second;
  if (fresh) flow.base = probe.sequence - std::min(probe.sequence, kWindow / 2);
  const std::uint64_t place = probe.sequence - flow.base;
  if (!is_extra(probe.status) && probe.sequence >= flow.base && place < kWindow) {
    const std::uint64_t bit = std::uint64_t{1} << place;
    if ((flow.seen & bit) != 0) {
      flow = {.run = flow.run + 1, .base = flow.base, .seen = 0, .first = {}, .last = {}};
    }
    flow.seen |= bit;
  }
  const Duration at = time_of(probe, flow);
  while (target->runs.size() <= flow.run && target->runs.size() < kMost) {
    auto series = begin(probe.target);
    if (!series) break;
    // The first run's samples count from its start; others begin with the first that is known.
    const bool from_zero = target->runs.empty() && probe.at;
    target->starts.push_back(from_zero ? Duration{} : at);
    series->timed = probe.at || probe.time;
    if (probe.time && probe.at) series->zero = *probe.time - (*probe.at - target->starts.back());
    if (!probe.at && zero_) series->zero = *zero_ + target->starts.back();
    target->runs.push_back(std::move(series));
  }
  if (target->runs.empty()) return;
  const std::size_t run = std::min(flow.run, target->runs.size() - 1);
  target->runs[run]->record(at - target->starts[run], probe.status, probe.rtt);
}

std::shared_ptr<Series> SeriesSet::find(std::string_view uri, std::size_t index,
                                        std::size_t of) const {
  std::vector<std::shared_ptr<Series>> found;
  for (const Entry& entry : entries_) {
    if (entry.uri == uri) found.push_back(entry.series);
  }
  const bool sure = found.size() == of || (left_out_ && found.size() < of);
  return sure && index < found.size() ? found[index] : nullptr;
}

}  // namespace netecho
