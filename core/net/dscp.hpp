#pragma once

/// \file
/// Code points of the traffic classes that users name (Differentiated Services).

#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

/// Reads a DSCP name (EF, CS0-CS7, AF11-AF43, LE, VA; any case) or 0-63, and returns a TOS byte.
[[nodiscard]] Parsed<int> parse_dscp(std::string_view text);
/// Lists the names that begin so.
[[nodiscard]] std::vector<std::string> dscp_names(std::string_view prefix);

}  // namespace netecho
