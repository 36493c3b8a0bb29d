#pragma once

/// \file
/// The summary of one target for people: every figure that was measured, a line a subject.

#include <string>

#include "core/facts/events.hpp"
#include "core/report/text.hpp"

namespace netecho {

[[nodiscard]] std::string summary_lines(const Summary& summary, const TextStyle& style);

}  // namespace netecho
