#pragma once

/// \file
/// A process that ends without exit() loses what it counted for gcov: this saves it first.

namespace netecho::testing {

#if defined(NETECHO_COVERAGE)
extern "C" void __gcov_dump();

inline void save_coverage() noexcept {
  __gcov_dump();
}
#else
inline void save_coverage() noexcept {}
#endif

}  // namespace netecho::testing
