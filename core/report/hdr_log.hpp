#pragma once

/// \file
/// Writes distributions as HdrHistogram logs them (`probe --hdr FILE`): log format 1.3 with
/// histograms in the V2 encoding, compressed, so that HdrHistogram's own tools read them
/// (docs/metrics.md, "Files"). Values are nanoseconds; Interval_Max is milliseconds, as those tools
/// expect.

#include <string>
#include <string_view>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/report/output_file.hpp"

namespace netecho {

/// Encodes by V2: counts as ZigZag LEB128, runs of zeros as one negative number, compressed by
/// zlib. The result is binary.
[[nodiscard]] std::string encode_hdr_v2(const Histogram& histogram);

class HdrLog {
 public:
  /// Throws Error (io) if the file can't be made.
  HdrLog(const std::string& path, WallTime start);

  /// Writes what was measured in `length` from `since` (the start of the run) on. Commas, spaces
  /// and control characters of `tag` are replaced, as the format has no way to quote them.
  void interval(std::string_view tag, Duration since, Duration length, const Histogram& histogram);
  /// Throws Error (io) if anything could not be written.
  void finish() { file_.finish(); }

 private:
  OutputFile file_;
};

}  // namespace netecho
