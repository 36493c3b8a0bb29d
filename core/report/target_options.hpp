#pragma once

/// \file
/// The labels of a list of targets that set options: `__interval__` and its like.

#include <string>
#include <string_view>

#include "core/facts/watch_target.hpp"

namespace netecho {

/// Sets the option that label `name` stands for. Returns what is wrong with it; empty: nothing.
[[nodiscard]] std::string set_target_option(WatchOptions& options, std::string_view name,
                                            const std::string& value);

}  // namespace netecho
