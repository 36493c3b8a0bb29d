#include "core/base/build_info.hpp"

#ifndef NETECHO_COMMIT
#define NETECHO_COMMIT "unknown"
#endif

namespace netecho {

BuildInfo build_info() noexcept {
  return {.version = NETECHO_VERSION, .commit = NETECHO_COMMIT};
}

}  // namespace netecho
