#pragma once

/// \file
/// Says which netecho this is: a bug report and a figure on a dashboard need to know.

#include <string_view>

namespace netecho {

struct BuildInfo {
  std::string_view version;  ///< That of CMakeLists.txt, which is the only one: "0.1.0".
  /// What it was built from, with "-dirty" if files had been changed; "unknown" outside of a
  /// repository, unless NETECHO_COMMIT told the build.
  std::string_view commit;
};

[[nodiscard]] BuildInfo build_info() noexcept;

}  // namespace netecho
