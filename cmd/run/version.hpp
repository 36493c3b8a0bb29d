#pragma once

/// \file
/// Says what a bug report needs: which netecho this is, who compiled it, and what is in it.

#include <cstdint>
#include <string>

namespace netecho {

enum class VersionAmount : std::uint8_t { usual, libraries };

/// Returns what --version prints. Its first line stays "netecho VERSION".
[[nodiscard]] std::string version_text(VersionAmount amount);

}  // namespace netecho
