#pragma once

/// \file
/// A command line of `netecho report` becomes checked values: a job.

#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"
#include "core/report/page/words.hpp"

namespace netecho {

struct ReportJob {
  CommonOptions common;
  std::vector<std::string> results;  ///< Files of saved output: one, or two to compare.
  std::vector<std::string> samples;  ///< The i-th belong to the i-th result.
  std::string output_path;
  std::optional<PageLanguage> language;  ///< None: the locale's.
};

/// Runs the job and returns the exit code. Throws Error.
[[nodiscard]] int run_report(const ReportJob& job);

}  // namespace netecho
