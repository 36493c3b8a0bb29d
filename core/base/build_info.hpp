#pragma once

/// \file
/// Which netecho this is, for whoever compares what several of them say.

#include <string_view>

namespace netecho {

struct BuildInfo {
  std::string_view version;  ///< project(VERSION) of the build.
  std::string_view commit;   ///< "unknown" where the build was not told.
};

[[nodiscard]] BuildInfo build_info() noexcept;

}  // namespace netecho
