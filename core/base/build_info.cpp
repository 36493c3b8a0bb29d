#include "core/base/build_info.hpp"

namespace netecho {

/// Stands in a file that the build writes.
extern const char* const kBuildCommit;

BuildInfo build_info() noexcept {
  return {.version = NETECHO_VERSION, .commit = kBuildCommit};  // CMake defines the version.
}

}  // namespace netecho
