#pragma once

/// \file
/// Says which netecho this is: a bug report and a figure on a dashboard need to know.

#include <cstdint>
#include <string>
#include <string_view>

namespace netecho {

/// Returns the version of CMakeLists.txt, which is the only one: "0.1.0".
[[nodiscard]] std::string_view build_version() noexcept;
/// Returns the commit it was built from, with "-dirty" if files had been changed; "unknown" outside
/// of a repository.
[[nodiscard]] std::string_view build_commit() noexcept;

enum class VersionAmount : std::uint8_t { usual, libraries };

/// Returns what --version prints. Its first line stays "netecho VERSION".
[[nodiscard]] std::string version_text(VersionAmount amount);

}  // namespace netecho
