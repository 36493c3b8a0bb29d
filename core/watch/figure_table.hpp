#pragma once

/// \file
/// The figures of all series, which the prober writes and whoever renders them reads.
///
/// One mutex guards all figures. The prober takes it once a probe, when its outcome is known: both
/// stamps are taken by then, so that waiting for it is in no figure but in how late the next probe
/// is sent, which is measured. A reader holds it while it copies a few dozen series (some
/// microseconds) and renders without it, so a scrape of any length holds nobody up.

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/probe/probe_observer.hpp"
#include "core/watch/series_figures.hpp"

namespace netecho {

/// What never changes of a series. Its figures are the table's.
class WatchSeries {
 public:
  WatchSeries(std::string labels, std::string endpoint, std::span<const Duration> bounds)
      : labels_{std::move(labels)}, endpoint_{std::move(endpoint)}, figures_{bounds} {}

  /// As Prometheus writes them, without the family.
  [[nodiscard]] const std::string& labels() const noexcept { return labels_; }
  /// As written.
  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

 private:
  friend class FigureTable;
  std::string labels_;
  std::string endpoint_;
  SeriesFigures figures_;
};

using SeriesList = std::vector<std::shared_ptr<WatchSeries>>;

/// Hears of each outcome on the prober's thread. What says nothing else may be called on any.
class FigureTable final : public ProbeObserver {
 public:
  /// Readers copy so many series at once.
  static constexpr std::size_t kAtOnce = 32;

  /// `bounds` of the buckets outlive it.
  explicit FigureTable(std::span<const Duration> bounds) : bounds_{bounds}, lateness_{bounds} {}

  [[nodiscard]] std::span<const Duration> bounds() const noexcept { return bounds_; }

  /// Outcomes of this target of the run go to a series from now on, or nowhere any more. On the
  /// prober's thread.
  void attach(std::size_t target, std::shared_ptr<WatchSeries> series) {
    series_[target] = std::move(series);
  }
  void detach(std::size_t target) { series_.erase(target); }
  /// These are what readers see.
  void publish(SeriesList all);

  [[nodiscard]] bool wants_outcomes() const noexcept override { return true; }
  void outcome(const ProbeOutcome& outcome) override;

  /// Calls `change(SeriesFigures&)` while nobody else has them. It must be brief.
  template <typename Change>
  void change(WatchSeries& series, const Change& change) {
    const std::scoped_lock lock{mutex_};
    change(series.figures_);
  }

  [[nodiscard]] std::shared_ptr<const SeriesList> all() const;
  /// Copies their figures to the front of `out`, which keeps its memory from one call to the next,
  /// and returns them. REQUIRES: at most kAtOnce.
  [[nodiscard]] std::span<const SeriesFigures> copy(
      std::span<const std::shared_ptr<WatchSeries>> some, std::vector<SeriesFigures>& out) const;
  /// How late probes of all series were sent.
  [[nodiscard]] BucketCounts send_lateness() const;

 private:
  std::span<const Duration> bounds_;
  std::unordered_map<std::size_t, std::shared_ptr<WatchSeries>> series_;  ///< By target.
  mutable std::mutex mutex_;  ///< Guards all below, and the figures of all series.
  BucketCounts lateness_;
  std::shared_ptr<const SeriesList> all_ = std::make_shared<const SeriesList>();
};

}  // namespace netecho
