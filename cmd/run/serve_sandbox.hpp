#pragma once

/// \file
/// This is what `serve --user` and `--sandbox` give up between opening its sockets and
/// serving them, and what the log says of it.

#include <span>

#include "cmd/run/serve_job.hpp"
#include "core/host/privileges.hpp"

namespace netecho {

/// Becomes the user, with a warning for each socket file that will then stay behind. Throws Error
/// (permission).
void leave_root(const User& user, std::span<const Served> sockets);

/// Where --sandbox is `require`, throws Error (permission) if a part of it cannot be had. Changes
/// nothing, so that nobody has been told that we are ready when we are not going to be.
void check_sandbox(const ServeJob& job, std::span<const Served> sockets);

/// Enters it, as far as it can be had, and says what that leaves. Throws as check_sandbox() does.
[[nodiscard]] BindAgain enter_sandbox(const ServeJob& job, std::span<const Served> sockets);

}  // namespace netecho
