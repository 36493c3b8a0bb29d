#pragma once

/// \file
/// `netecho help` opens a manual page.

#include <string>

namespace netecho {

struct HelpJob {
  std::string page;  ///< "netecho-probe"
  std::string text;  ///< Is printed where there is no such page, or no man(1).
};

/// Becomes man(1), or prints the text and returns the exit code. Throws Error.
[[nodiscard]] int run_help(const HelpJob& job);

}  // namespace netecho
