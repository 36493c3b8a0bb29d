#pragma once

/// \file
/// What `watch` answers over HTTP: its figures, a page of its targets, and whether it is well.

#include <atomic>
#include <memory>

#include "cmd/run/probe_page.hpp"
#include "cmd/run/watch_file.hpp"
#include "core/http/http_places.hpp"
#include "core/report/prometheus_process.hpp"
#include "core/report/prometheus_watch.hpp"
#include "core/watch/figure_table.hpp"

namespace netecho {

/// Whose figures are shown. All of it outlives the pages.
struct WatchView {
  const FigureTable& figures;
  const WatchSource& source;
  const WatchFile& file;
  const WatchedNames& names;

  [[nodiscard]] WatchMetrics metrics() const;
};

class WatchPages {
 public:
  /// What /probe sends counts against the --max-rate of the job. Throws SysError.
  WatchPages(WatchView view, const WatchJob& job);

  /// On the server's thread.
  [[nodiscard]] HttpAnswer answer(const HttpRequest& request) const;

 private:
  [[nodiscard]] HttpAnswer metrics(const HttpRequest& request) const;

  WatchView view_;
  std::shared_ptr<const ProcessMetrics> process_ = std::make_shared<const ProcessMetrics>();
  HttpPlaces scrapes_{4};
  ProbePage probe_;
};

/// Returns the page of all targets as they are now.
[[nodiscard]] HttpAnswer watch_page(const WatchView& view);

}  // namespace netecho
