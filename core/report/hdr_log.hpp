#pragma once

/// \file
/// Distributions as HdrHistogram logs them (`probe --hdr FILE`): log format 1.3 with histograms in
/// the V2 encoding, compressed, so that HdrHistogram's own tools read them (docs/metrics.md,
/// "Files"). Values are nanoseconds; Interval_Max is milliseconds, as those tools expect.

#include <string>
#include <string_view>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/report/output_file.hpp"

namespace netecho {

/// The V2 encoding: counts as ZigZag LEB128, runs of zeros as one negative number; compressed by
/// zlib. Binary.
[[nodiscard]] std::string encode_hdr_v2(const Histogram& histogram);

class HdrLog {
 public:
  /// Throws Error (io) if the file can't be made.
  HdrLog(const std::string& path, WallTime start);

  /// What was measured in `length` from `since` (the start of the run) on. Of `tag`, commas, spaces
  /// and control characters are replaced, which the format has no way to quote.
  void interval(std::string_view tag, Duration since, Duration length, const Histogram& histogram);
  /// Throws Error (io) if anything could not be written.
  void finish() { file_.finish(); }

 private:
  OutputFile file_;
};

}  // namespace netecho
