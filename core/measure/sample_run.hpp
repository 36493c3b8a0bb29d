#pragma once

/// \file
/// Samples on their way to a histogram.

#include <cstdint>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"

namespace netecho {

/// The probes of a train leave together and come back together, so that their figures are equal: a
/// histogram is touched once for as many equal samples as come in a row.
class SampleRun {
 public:
  /// `to` gets those at hand, if these have another value. Throws what Histogram::record() does.
  void record(Duration value, Histogram& to, std::uint64_t times = 1) {
    if (value != value_) {
      add_to(to);
      value_ = value;
      times_ = 0;
    }
    times_ += times;
  }
  /// Records those at hand, which are kept. Throws what Histogram::record() does.
  void add_to(Histogram& to) const {
    if (times_ != 0) to.record(value_, times_);
  }
  void reset() noexcept { times_ = 0; }

 private:
  Duration value_{};
  std::uint64_t times_ = 0;
};

}  // namespace netecho
