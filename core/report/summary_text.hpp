#pragma once

/// \file
/// Shows people the summary of one target: every figure that was measured, one line for each
/// subject.

#include <string>

#include "core/facts/summary.hpp"
#include "core/report/text.hpp"

namespace netecho {

[[nodiscard]] std::string summary_lines(const Summary& summary, const TextStyle& style);

}  // namespace netecho
