#pragma once

/// \file
/// Completes a partly typed `[host]:port` from what this host knows of itself.

#include <string>
#include <string_view>
#include <vector>

namespace netecho {

/// Returns `localhost:`, loopback addresses, and behind '%' the interfaces; asks no DNS.
[[nodiscard]] std::vector<std::string> complete_ip(std::string_view rest);

}  // namespace netecho
