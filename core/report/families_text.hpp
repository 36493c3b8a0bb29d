#pragma once

/// \file
/// Shows the protocol families to people: a table that fits 80 columns wherever it goes.

#include <string>

#include "core/facts/families.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// Returns one row for each family under a line of headings. Cells that are too long go on below.
[[nodiscard]] std::string families_table(const FamiliesEvent& event, const TextStyle& style);

}  // namespace netecho
