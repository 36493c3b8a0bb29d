#pragma once

/// \file
/// The log: stderr, always. Nothing is set up before the first line is written.

#include <string>

#include "cmd/context.hpp"

namespace netecho {

/// Remembers the choice; costs nothing else.
void configure_log(const CommonOptions& common);

void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace netecho
