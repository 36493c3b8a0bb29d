#pragma once

/// \file
/// What --sandbox asks for is done here, and the log says what came of it.

#include "cmd/run/serve_job.hpp"
#include "core/host/sandbox.hpp"

namespace netecho {

/// Where the choice is `require`, throws Error (permission) if a part of it cannot be had. Changes
/// nothing, so that nobody has been told that we are ready when we are not going to be.
void check_sandbox(SandboxChoice choice, const SandboxNeeds& needs);

/// Enters it, as far as it can be had, and says what that leaves. Throws as check_sandbox() does.
/// Returns what is in force: nothing if it is off.
SandboxState enter_sandbox(SandboxChoice choice, const SandboxNeeds& needs);

}  // namespace netecho
