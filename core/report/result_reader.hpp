#pragma once

/// \file
/// Saved output becomes the facts of a page again. The run that just ended comes in the same way:
/// as the JSON that it would have put out.

#include <cstddef>
#include <string>

#include "core/facts/events.hpp"
#include "core/report/page_facts.hpp"
#include "core/report/series.hpp"

namespace netecho {

/// The data in the page has so many bytes of summaries at the most.
inline constexpr std::size_t kMaxPageData = 3 * 1024 * 1024;

enum class ReplyUse : std::uint8_t {
  plots,    ///< Plots are drawn from replies.
  nothing,  ///< There are samples, or none are wanted.
};

/// What was read, and whether it had a summary or a reply at all.
struct ReadResult {
  PageRun run;
  bool readable = false;
};

/// Reads `json` or `jsonl` output from a file; "-" is standard input. Adds what its replies say to
/// `series`. Throws Error (io).
[[nodiscard]] ReadResult read_result(const std::string& path, ReplyUse use, SeriesSet& series);

/// The same from what is in memory.
[[nodiscard]] ReadResult read_result_text(std::string text, ReplyUse use, SeriesSet& series);

/// Makes the facts of a run that just ended. `flows`: those of all its targets.
[[nodiscard]] PageRun page_run(const ResultEvent& result, const std::vector<Summary>& flows);

/// Gives each target its series. Targets of which there are only replies are made up from them. If
/// there are summaries, but of other targets alone, the series are those of another run: left out.
void attach_series(PageRun& run, const SeriesSet& series);

}  // namespace netecho
