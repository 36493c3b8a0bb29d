#pragma once

/// \file
/// The log goes to stderr in any case. Nothing is set up before the first line is written.

#include <string>

#include "cmd/run/context.hpp"

namespace netecho {

/// Remembers the choice and does nothing else.
void configure_log(const CommonOptions& common);

void log_debug(const std::string& message);
/// Logs each message once only: flows that are alike have the same to say.
void log_debug_once(const std::string& message);
void log_warning_once(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace netecho
