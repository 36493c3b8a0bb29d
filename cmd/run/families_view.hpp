#pragma once

/// \file
/// What `netecho families` shows comes from three places: the table of families, what the kernel
/// says to each socket that is tried, and the schemes of the registry.

#include <cstdint>
#include <functional>

#include "core/facts/families.hpp"

namespace netecho {

/// Which families are tried. To ask the kernel for a family that it does not have makes it look for
/// a module, so that nobody does it by the way.
enum class FamiliesTried : std::uint8_t { lesson, all };

/// Does what try_socket() does.
using SocketAttempt = std::function<int(int family, const SocketTry& attempt)>;

/// Lists all families in the order of their table, and calls `attempt` for the types of those that
/// are to be tried.
[[nodiscard]] FamiliesEvent families_view(FamiliesTried tried, const SocketAttempt& attempt);

}  // namespace netecho
