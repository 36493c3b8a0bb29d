#include "cmd/run/watch_pages.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cmd/run/http_metrics.hpp"
#include "core/base/clock.hpp"
#include "core/report/prometheus_probe.hpp"

namespace netecho {
namespace {

ProbeSeries series_of(const WatchSeries& series, const SeriesFigures& f, Instant now) {
  const ProbeCounts& counts = f;
  ProbeSeries out{.labels = series.labels(),
                  .counts = counts,
                  .lost_forward = f.lost_forward(),
                  .lost_reverse = f.lost_reverse(),
                  .rtt = &f.rtt,
                  .response = &f.response,
                  .server_residence = f.server_residence ? &*f.server_residence : nullptr,
                  .up = f.up(now),
                  .jitter = f.jitter(),
                  .path_mtu_bytes = f.path_mtu_bytes};
  if (f.family) append_label(out.labels, {"family", to_string(*f.family)});
  if (f.hop_limit != 0) out.reply_hop_limit = f.hop_limit;
  return out;
}

/// All figures, a family after the other, a few dozen series at once: their figures are copied with
/// the lock, and written without it.
class WatchExposition {
 public:
  WatchExposition(WatchView view, std::shared_ptr<const ProcessMetrics> process,
                  Exposition exposition)
      : view_{view},
        process_{std::move(process)},
        exposition_{exposition},
        all_{view.figures.all()} {}

  /// Appends the next piece; returns false behind the last.
  bool append(std::string& out) {
    if (family_ < probe_families().size()) {
      append_some(out);
      return true;
    }
    append_send_lateness(out, view_.figures.send_lateness(), exposition_);
    append_watch_metrics(out, view_.metrics(), exposition_);
    append_about_us(out, *process_, exposition_);
    append_end(out, exposition_);
    return false;
  }

 private:
  void append_some(std::string& out) {
    const ProbeFamily& family = probe_families()[family_];
    if (!writer_) writer_.emplace(text_, family.family, exposition_);
    const auto some =
        std::span{*all_}.subspan(place_, std::min(FigureTable::kAtOnce, all_->size() - place_));
    const std::span figures = view_.figures.copy(some, figures_);
    const Instant now = monotonic_now();
    for (std::size_t i = 0; i < some.size(); ++i) {
      family.append(*writer_, series_of(*some[i], figures[i], now));
    }
    out += text_;
    text_.clear();
    place_ += some.size();
    if (place_ < all_->size()) return;
    place_ = 0;
    ++family_;
    writer_.reset();
  }

  WatchView view_;
  std::shared_ptr<const ProcessMetrics> process_;
  Exposition exposition_;
  std::shared_ptr<const SeriesList> all_;
  std::vector<SeriesFigures> figures_;  ///< Of the series at hand.
  std::string text_;
  std::optional<FamilyText> writer_;  ///< Writes the family at hand to text_.
  std::size_t family_ = 0;
  std::size_t place_ = 0;
};

/// What --max-rate leaves to runs that are asked for: up to a second's worth at once. Used on one
/// thread.
class SpareRate {
 public:
  SpareRate(const WatchSource& source, std::optional<double> most) : source_{source}, most_{most} {}

  /// Takes that many probes, if there are so many.
  bool take(std::uint64_t probes) {
    if (!most_) return true;
    const double spare = std::max(*most_ - source_.rate(), 0.0);
    const Instant now = monotonic_now();
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    left_ = std::min(left_ + spare * passed.count(), spare);
    if (left_ < static_cast<double>(probes)) return false;
    left_ -= static_cast<double>(probes);
    return true;
  }

 private:
  const WatchSource& source_;
  std::optional<double> most_;
  Instant last_{};
  double left_ = 0;
};

ProbePageOptions page_options(const WatchView& view, const WatchJob& job) {
  const auto spare = std::make_shared<SpareRate>(view.source, job.settings.max_rate);
  return {.allowed = job.allowed,
          .count = job.page_count,
          .common = job.probe.common,
          .may_send = [spare](std::uint64_t probes) { return spare->take(probes); }};
}

}  // namespace

WatchPages::WatchPages(WatchView view, const WatchJob& job)
    : view_{view}, probe_{page_options(view, job)} {}

WatchMetrics WatchView::metrics() const {
  const WatchReload reload = file.state();
  return {.targets = source.size(),
          .reload_successful = reload.successful,
          .reloaded = reload.taken,
          .resolve_failures = names.failures()};
}

HttpAnswer WatchPages::answer(const HttpRequest& request) const {
  if (auto health = answer_health(request, true)) return std::move(*health);
  if (request.path == "/metrics") return metrics(request);
  if (request.path == "/probe") return probe_.answer(request);
  if (request.path != "/") return no_such_page();
  return watch_page(view_);
}

HttpAnswer WatchPages::metrics(const HttpRequest& request) const {
  if (!request.query.empty()) return text_answer(400, "/metrics has no parameters.");
  auto place = scrapes_.take();
  if (!place) return busy_answer("Others are being answered.");
  const Exposition exposition = asked_exposition(request);
  const auto text = std::make_shared<WatchExposition>(view_, process_, exposition);
  return exposition_answer(exposition, in_place(std::move(place), [text](std::string& out) {
                             return text->append(out);
                           }));
}

}  // namespace netecho
