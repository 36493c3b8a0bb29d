#pragma once

/// \file
/// What a process that runs says of itself (`process_*`), by the names that every exporter has.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/unique_fd.hpp"
#include "core/report/prometheus_text.hpp"

namespace netecho {

/// Opens what it reads in /proc/self once, so that it can be read where no file can be opened any
/// more (a sandbox). What can't be read has no metric.
class ProcessMetrics {
 public:
  ProcessMetrics() noexcept;

  void append(std::string& out, Exposition exposition) const;

 private:
  UniqueFd stat_;
  UniqueFd open_files_;  ///< A folder.
  std::optional<std::uint64_t> most_files_;
  std::optional<Duration> started_;  ///< Since 1970.
};

}  // namespace netecho
