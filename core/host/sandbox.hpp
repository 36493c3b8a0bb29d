#pragma once

/// \file
/// Once everything is open, a server gives up what it can, so that whoever takes it over through a
/// bug has little left to do: no new privileges, no file system (Landlock), and of the system calls
/// only those that serving takes (seccomp). docs/deployment.md says what that is, and why.

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/host/landlock.hpp"

namespace netecho {

/// Whether this build can be sandboxed: sanitizers and coverage make calls and files of their own.
#if defined(NETECHO_INSTRUMENTED)
inline constexpr bool kSandboxBuilt = false;
#else
inline constexpr bool kSandboxBuilt = true;
#endif

/// Names a layer that is missing, and why.
struct MissingLayer {
  std::string layer;  ///< "Landlock"
  Error error;        ///< The call that failed.
};

struct SandboxState {
  std::vector<std::string> in_force;  ///< "no_new_privs", "seccomp (57 calls)", "Landlock ABI 6"
  std::vector<MissingLayer> missing;
};

/// Gives up for good whatever can be given up. The system call filter holds for every thread there
/// is; Landlock for this one and those it starts from now on, so no other should run yet. A call
/// outside the filter fails with EPERM and ends nothing.
/// REQUIRES: kSandboxBuilt.
[[nodiscard]] SandboxState enter_sandbox(const SandboxNeeds& needs);

/// Returns what enter_sandbox() would, found out by a thread that enters it and ends. This thread
/// stays as it is.
[[nodiscard]] SandboxState rehearse_sandbox(const SandboxNeeds& needs);

}  // namespace netecho
