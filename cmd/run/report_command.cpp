#include <algorithm>
#include <string>
#include <vector>

#include "cmd/run/log.hpp"
#include "cmd/run/page_output.hpp"
#include "cmd/run/report_job.hpp"
#include "core/base/escape.hpp"
#include "core/report/result_reader.hpp"
#include "core/report/sample_reader.hpp"

namespace netecho {
namespace {

/// JSON that somebody else wrote is the likely mistake.
std::string why_unreadable(const PageRun& run) {
  std::string why = "no summary and no reply of netecho is in this file";
  if (std::ranges::count(run.notes, PageNote::foreign, &PageNoteCount::note) != 0) {
    why += "; what is there is of another schema than netecho/1";
  }
  return why;
}

/// Reads a result and its samples, if there are any.
PageRun read_run(const ReportJob& job, std::size_t index) {
  const std::string& path = job.results[index];
  SeriesSet series;
  const bool has_samples = index < job.samples.size();
  ReadResult read = read_result(path, has_samples ? ReplyUse::nothing : ReplyUse::plots, series);
  if (!read.readable) {
    throw usage_error("report", path, why_unreadable(read.run));
  }
  if (has_samples) {
    const ReadSamples samples = read_samples(job.samples[index], series);
    if (samples.bad_lines != 0) read.run.note(PageNote::bad_samples, samples.bad_lines);
  }
  attach_series(read.run, series);
  for (const PageNoteCount& note : read.run.notes) {
    log_warning(escape_for_terminal(path) + ": " + say(PageLanguage::en, note));
  }
  return std::move(read.run);
}

}  // namespace

int run_report(const ReportJob& job) {
  std::vector<PageRun> runs;
  for (std::size_t i = 0; i < job.results.size(); ++i) runs.push_back(read_run(job, i));
  // What can't be read leaves a page that is there as it was.
  const PageLanguage language = job.language ? *job.language : language_of_environment();
  write_page(job.output_path, std::move(runs), language);
  return 0;
}

}  // namespace netecho
