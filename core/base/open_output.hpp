#pragma once

/// \file
/// Opens a file to write to by a name that somebody typed, in a folder that may be another user's.

#include <string>

#include "core/base/unique_fd.hpp"

namespace netecho {

enum class IfMissing : std::uint8_t { create, fail };

/// Opens `path` for writing and empties it. Does not wait for the reader of a pipe if it must exist
/// already. A symbolic link is followed if it is this user's or root's: somebody else's may lead to
/// any file of this user's (Linux has that rule for folders with the sticky bit:
/// fs.protected_symlinks, proc(5)). Throws Error of the category `io`.
[[nodiscard]] UniqueFd open_output(const std::string& path, IfMissing if_missing);

}  // namespace netecho
