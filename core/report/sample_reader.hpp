#pragma once

/// \file
/// Reads again what `probe --samples` wrote (samples.hpp), line by line in constant memory.

#include <cstdint>
#include <string>

#include "core/report/series.hpp"

namespace netecho {

struct ReadSamples {
  std::uint64_t records = 0;
  std::uint64_t bad_lines = 0;  ///< Cut, or nothing of that kind.
};

/// Adds the records of a file, CSV or JSON Lines, to `series`; its first byte says which. Columns
/// of CSV go by their names. Throws Error (io).
[[nodiscard]] ReadSamples read_samples(const std::string& path, SeriesSet& series);

}  // namespace netecho
