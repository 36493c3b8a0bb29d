#pragma once

/// \file
/// The network interfaces of this network namespace, by name.

#include <string>
#include <string_view>
#include <vector>

namespace netecho {

/// Returns those that begin with `prefix`, sorted, at most 256; none where /proc is not mounted. No
/// socket is opened.
[[nodiscard]] std::vector<std::string> interface_names(std::string_view prefix);

}  // namespace netecho
