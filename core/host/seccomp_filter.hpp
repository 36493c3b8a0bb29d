#pragma once

/// \file
/// A filter (seccomp(2)) allows the system calls that a server needs once it is set up, and refuses
/// all others.

#include <cstddef>
#include <cstdint>

#include "core/host/landlock.hpp"

namespace netecho {

enum class FilterReach : std::uint8_t { this_thread, all_threads };

/// Puts the filter in force: what is not on the list fails with EPERM, whatever it is. Killing
/// would be safer against nobody, and would end the server when a new libc makes a new call.
/// Returns how many calls are on the list. Throws SysError.
/// REQUIRES: no_new_privs (or CAP_SYS_ADMIN).
std::size_t enter_seccomp_filter(const SandboxNeeds& needs, FilterReach reach);

}  // namespace netecho
