#include "core/report/time_line.hpp"

#include <algorithm>

namespace netecho {

bool is_lost(ReplyStatus status) noexcept {
  return status == ReplyStatus::timeout || status == ReplyStatus::mismatch ||
         status == ReplyStatus::refused || status == ReplyStatus::unreachable;
}

bool is_unsent(ReplyStatus status) noexcept {
  return status == ReplyStatus::skipped || status == ReplyStatus::send_error;
}

TimeLine::TimeLine() : rows_{kBins} {}

void TimeLine::record(Duration at, ReplyStatus status, std::optional<Duration> rtt) noexcept {
  at = std::max(at, Duration::zero());
  // A quarter of all time is more than any run; beyond it a width would overflow.
  at = std::min(at, Duration::max() / 4);
  while (at / width_ >= static_cast<std::int64_t>(kBins)) halve();
  last_ = std::max(last_, at);
  const auto index = static_cast<std::size_t>(at / width_);
  Counts& bin = counts_[index];
  if (is_lost(status)) ++bin.lost;
  if (is_unsent(status)) ++bin.skipped;
  if (status != ReplyStatus::ok || !rtt) return;
  bin.min = bin.received == 0 ? *rtt : std::min(bin.min, *rtt);
  bin.max = std::max(bin.max, *rtt);
  ++bin.received;
  rows_.record(index, *rtt);
}

void TimeLine::add(Counts& to, const Counts& from) noexcept {
  if (from.received != 0) {
    to.min = to.received == 0 ? from.min : std::min(to.min, from.min);
    to.max = std::max(to.max, from.max);
  }
  to.received += from.received;
  to.lost += from.lost;
  to.skipped += from.skipped;
}

void TimeLine::halve() noexcept {
  for (std::size_t i = 0; i < kBins; ++i) {
    const std::size_t to = i / 2;
    if (i % 2 == 0 && to != i) {
      if (counts_[to].received != 0) rows_.clear(to);
      counts_[to] = {};
    }
    if (to == i) continue;
    if (counts_[i].received != 0) rows_.add(to, i);
    add(counts_[to], counts_[i]);
  }
  for (std::size_t i = kBins / 2; i < kBins; ++i) {
    if (counts_[i].received != 0) rows_.clear(i);
    counts_[i] = {};
  }
  width_ *= 2;
}

std::vector<TimeBin> TimeLine::bins(std::size_t most) const {
  const auto used = static_cast<std::size_t>(last_ / width_) + 1;
  const std::size_t together = (used + most - 1) / most;
  std::vector<TimeBin> out;
  std::vector<std::uint32_t> row(LatencyRows::kColumns);
  for (std::size_t begin = 0; begin < used; begin += together) {
    const std::size_t end = std::min(begin + together, used);
    Counts sum;
    std::fill(row.begin(), row.end(), 0);
    for (std::size_t i = begin; i < end; ++i) {
      add(sum, counts_[i]);
      if (counts_[i].received == 0) continue;
      const LatencyRows::Row one = rows_.row(i);
      for (std::size_t c = rows_.first_column(); c < rows_.end_column(); ++c) row[c] += one[c];
    }
    TimeBin bin{.start = width_ * begin,
                .width = width_ * together,
                .received = sum.received,
                .lost = sum.lost,
                .skipped = sum.skipped,
                .min = {},
                .p10 = {},
                .p50 = {},
                .p90 = {},
                .max = {}};
    if (sum.received != 0) {
      const auto at = [&](std::uint32_t share) {
        return std::clamp(*quantile(row, share), sum.min, sum.max);
      };
      bin.min = sum.min;
      bin.p10 = at(100);
      bin.p50 = at(500);
      bin.p90 = at(900);
      bin.max = sum.max;
    }
    out.push_back(bin);
  }
  return out;
}

}  // namespace netecho
